//! What a password costs, to the server as to an attacker.

use std::cell::RefCell;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use crate::config::HashCost;
use crate::config_error::ConfigError;
use crate::refusal::Refusal;

/// A salt of the length that RFC 9106 section 3.1 recommends for password hashing.
pub(crate) type Salt = [u8; 16];
/// A hash of the length that RFC 9106 section 4 recommends.
pub(crate) type Hash = [u8; 32];

/// argon2id at one cost.
#[derive(Clone)]
pub(crate) struct Hasher {
    pub(crate) cost: HashCost,
    argon2id: Argon2<'static>,
    place: Place,
}

/// Where a hash is computed.
#[derive(Clone)]
enum Place {
    /// On the task that asks: cheaper than the way to another thread.
    Inline,
    /// On the blocking pool, one hash a core at a time: the server goes on answering, and memory has a bound.
    Pool(Arc<Semaphore>),
}

/// Up to here a hash takes some 30 microseconds.
const INLINE_MEMORY_KIB: u32 = 64;
const INLINE_PASSES: u32 = 4;

impl Hasher {
    pub(crate) fn new(cost: HashCost) -> Result<Self, ConfigError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|error| ConfigError::HashCost { because: error.to_string() })?;
        let inline = cost.memory_kib <= INLINE_MEMORY_KIB && cost.passes <= INLINE_PASSES;
        let place = if inline {
            Place::Inline
        } else {
            let cores = available_parallelism().map_or(1, NonZero::get);
            Place::Pool(Arc::new(Semaphore::new(cores)))
        };
        let argon2id = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self { cost, argon2id, place })
    }

    /// The hash of a password that a request brought.
    pub(crate) async fn hash(&self, password: &[u8], salt: Salt) -> Result<Hash, Refusal> {
        match &self.place {
            Place::Inline => self.hash_now(password, &salt).map_err(|_| Refusal::server_error()),
            Place::Pool(seats) => {
                let seat = Arc::clone(seats).acquire_owned().await.map_err(|_| Refusal::server_error())?;
                let (hasher, password) = (self.clone(), password.to_vec());
                // The seat goes along: a caller who hangs up does not free it before the hash is done.
                let work = move || {
                    let hash = hasher.hash_now(&password, &salt);
                    drop(seat);
                    hash
                };
                tokio::task::spawn_blocking(work)
                    .await
                    .map_err(|_| Refusal::server_error())?
                    .map_err(|_| Refusal::server_error())
            }
        }
    }

    /// The hash of a password, on the caller's own time.
    pub(crate) fn hash_now(&self, password: &[u8], salt: &Salt) -> Result<Hash, argon2::Error> {
        let mut hash = Hash::default();
        match self.place {
            Place::Inline => self.in_place(password, salt, &mut hash)?,
            Place::Pool(_) => self.argon2id.hash_password_into(password, salt, &mut hash)?,
        }
        Ok(hash)
    }

    /// In memory that its thread keeps: to get it and to clear it takes a tenth of such a hash.
    fn in_place(&self, password: &[u8], salt: &Salt, hash: &mut Hash) -> Result<(), argon2::Error> {
        thread_local! {
            static BLOCKS: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
        }
        BLOCKS.with_borrow_mut(|blocks| {
            let needed = self.argon2id.params().block_count();
            if blocks.len() < needed {
                blocks.resize(needed, Block::new());
            }
            self.argon2id.hash_password_into_with_memory(password, salt, hash, blocks)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pool_and_inline_are_the_same_function() {
        let mut hasher = Hasher::new(HashCost::LOWEST).unwrap();
        let dear = Hasher::new(HashCost { memory_kib: 64, passes: 2, ..HashCost::LOWEST }).unwrap();
        dear.hash(b"another", [8; 16]).await.unwrap();
        // In memory that another hash was made in.
        let inline = hasher.hash(b"secret", [7; 16]).await.unwrap();
        hasher.place = Place::Pool(Arc::new(Semaphore::new(1)));
        assert_eq!(inline, hasher.hash(b"secret", [7; 16]).await.unwrap());
    }

    #[test]
    fn a_cost_out_of_range_is_explained() {
        let cost = HashCost { memory_kib: 1, ..HashCost::LOWEST };
        assert!(matches!(Hasher::new(cost), Err(ConfigError::HashCost { .. })));
    }
}
