//! What it costs to look at the tokens of an answer, for whoever asks:
//! `cargo test --release -p ropcheck --lib tokens::cost -- --ignored --nocapture`.

use std::time::Instant;

use aws_lc_rs::signature::{ED25519, KeyPair, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use super::tests::{All, Draft, Signer, against};
use super::*;

const BATCHES: usize = 21;
const ANSWERS: usize = 500;

/// The median batch, in microseconds each.
#[expect(clippy::print_stdout, reason = "what it is run for")]
#[expect(clippy::cast_precision_loss, reason = "told in two digits")]
fn cost(what: &str, mut each: impl FnMut(usize)) {
    let mut batches: Vec<f64> = (0..BATCHES)
        .map(|batch| {
            let began = Instant::now();
            (0..ANSWERS).for_each(|one| each(batch * ANSWERS + one));
            began.elapsed().as_secs_f64() * 1e6 / ANSWERS as f64
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    println!("{what:<52} {:>7.2} µs, at best {:>7.2}", batches[BATCHES / 2], batches[0]);
}

#[test]
#[ignore = "a measurement: it means something in a release build on a quiet machine"]
fn cost_of_an_answer() {
    let signer = Signer::new();
    let draft = |number: usize| Draft::good("alice", u32::try_from(number).expect("a few thousand"));
    let answers: Vec<Issued> = (0..BATCHES * ANSWERS).map(|number| draft(number).issued(&signer)).collect();

    let token = answers[0].tokens[0].1.expose();
    let (signed, signature) = token.rsplit_once('.').expect("a JWT");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let public = signer.0.public_key().as_ref();
    let parsed = ParsedPublicKey::new(&ED25519, public).expect("a key");
    cost("aws-lc-rs, the key parsed once", |_| assert!(parsed.verify_sig(signed.as_bytes(), &bytes).is_ok()));
    let key = DecodingKey::from_ed_der(public);
    let verify = || crypto::verify(signature, signed.as_bytes(), &key, Algorithm::EdDSA);
    cost("jsonwebtoken, the key decoded once", |_| assert!(verify().is_ok_and(|held| held)));
    let keys = signer.keys();
    cost("fingerprint of a JWT", |_| assert_ne!(keys.fingerprint(token).0, [0; 8]));

    let members =
        [&["access_token"][..], &["access_token", "refresh_token"], &["access_token", "refresh_token", "id_token"]];
    for (validated, how) in [(Validated::None, "compared"), (Validated::All, "validated and compared")] {
        for members in members {
            let keep = |issued: &Issued| {
                let wanted = |(facts, _): &&(TokenFacts, Secret)| members.contains(&facts.member.as_str());
                Issued { tokens: issued.tokens.iter().filter(wanted).cloned().collect(), ..issued.clone() }
            };
            let mut answers = answers.iter().map(keep).collect::<Vec<_>>().into_iter();
            let mut look = All::new(against(&signer, validated));
            cost(&format!("{how}: {}", members.join(", ")), |_| look.look(answers.next()));
            assert!(look.came().found.iter().all(|found| found.finding == ropcheck_reports::record::Finding::Met));
        }
    }
}

/// Answers handed over through the queue, by one runtime thread, until the last was looked at.
#[tokio::test]
#[ignore = "a measurement: it means something in a release build on a quiet machine"]
#[expect(clippy::print_stdout, reason = "what it is run for")]
async fn rate_through_the_queue() {
    const MANY: u32 = 50_000;
    let signer = Signer::new();
    let answers: Vec<Issued> = (0..MANY).map(|number| Draft::good("alice", number).issued(&signer)).collect();
    let against = Arc::new(against(&signer, Validated::All));
    let (tokens, handed) = Tokens::queue(&against, ROOM);
    thread::spawn(move || attend(Signatures::new(against), handed));
    let began = Instant::now();
    for mut issued in answers {
        issued.tokens.truncate(1);
        tokens.hand(issued).await;
    }
    let came = tokens.finish().await;
    let rate = f64::from(MANY) / began.elapsed().as_secs_f64();
    println!("{rate:.0} answers/s through the queue, {} validated", came.validated);
}
