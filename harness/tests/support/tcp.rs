//! A server that reads a request and then says whatever a test wants, HTTP or not.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What comes after the first words.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// The connection ends.
    Close,
    /// Nothing more comes, and the connection stays.
    Silence,
    /// The same words come again and again.
    Repeat(&'static str),
}

/// Serves on a free port and gives the URL of a token endpoint there.
pub(crate) async fn serve(first: &'static str, then: Then) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a port");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(speak(connection, first, then));
        }
    });
    format!("http://{address}/token")
}

/// The URL of a port on which nothing listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    format!("http://{}/token", listener.local_addr().expect("a port"))
}

async fn speak(mut connection: TcpStream, first: &str, then: Then) -> std::io::Result<()> {
    // The client's requests fit into one read; whatever it sends later is read below.
    let _read = connection.read(&mut [0; 16 * 1024]).await?;
    connection.write_all(first.as_bytes()).await?;
    match then {
        Then::Close => connection.shutdown().await?,
        Then::Silence => {}
        Then::Repeat(words) => loop {
            connection.write_all(words.as_bytes()).await?;
        },
    }
    // The client closes when it has heard enough: closing first with its words unread would lose the answer.
    while connection.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}
