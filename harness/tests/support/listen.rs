//! A server that grants everything and remembers each request as its bytes came in.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const GRANT: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
                     pragma: no-cache\r\ncontent-length: 74\r\n\r\n\
                     {\"access_token\":\"opaque-4f9d1c7be2\",\"token_type\":\"Bearer\",\"expires_in\":60}";

/// Headers that the client adds by itself.
const OF_THE_CLIENT: [&str; 3] = ["host", "user-agent", "content-length"];

/// A request.
pub(crate) struct Heard {
    /// Method and path.
    pub(crate) line: String,
    /// Headers in the order of sending, names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Heard {
    /// The request as text without what the client adds; a byte of the body that is no visible ASCII is escaped.
    pub(crate) fn shown(&self) -> String {
        let headers = self.headers.iter().filter(|(name, _)| !OF_THE_CLIENT.contains(&name.as_str()));
        let headers: String =
            headers.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value))).collect();
        let quotes = |byte: u8| matches!(byte, b'"' | b'\'' | b'\\');
        let escaped = |byte: u8| if quotes(byte) { vec![byte] } else { byte.escape_ascii().collect() };
        let body: Vec<u8> = self.body.iter().flat_map(|byte| escaped(*byte)).collect();
        format!("{}\n{headers}\n{}", self.line, String::from_utf8_lossy(&body))
    }
}

/// Serves on a free port and gives `http://127.0.0.1:PORT` with what is heard there.
pub(crate) async fn listen() -> (String, Arc<Mutex<Vec<Heard>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("a port"));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(converse(connection, Arc::clone(&all)));
        }
    });
    (base, heard)
}

/// Reads requests and grants them until the client goes away.
async fn converse(connection: TcpStream, heard: Arc<Mutex<Vec<Heard>>>) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    while let Some(request) = read(&mut connection).await? {
        heard.lock().expect("no test panics with it").push(request);
        connection.write_all(GRANT.as_bytes()).await?;
    }
    Ok(())
}

async fn read(from: &mut BufReader<TcpStream>) -> std::io::Result<Option<Heard>> {
    let mut line = String::new();
    if from.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = Vec::new();
    let mut length = 0;
    loop {
        let mut header = Vec::new();
        from.read_until(b'\n', &mut header).await?;
        let header = header.trim_ascii_end();
        let Some(colon) = header.iter().position(|byte| *byte == b':') else { break };
        let name = String::from_utf8_lossy(&header[..colon]).to_ascii_lowercase();
        let value = header[colon + 1..].trim_ascii().to_vec();
        if name == "content-length" {
            length = String::from_utf8_lossy(&value).parse().expect("a length");
        }
        headers.push((name, value));
    }
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == b"chunked");
    let body = if is_chunked { chunks(from).await? } else { exactly(from, length).await? };
    Ok(Some(Heard { line, headers, body }))
}

async fn exactly(from: &mut BufReader<TcpStream>, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A body in chunks (RFC 9112 section 7.1).
async fn chunks(from: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        from.read_line(&mut size).await?;
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a size in hex");
        body.extend(exactly(from, size).await?);
        exactly(from, 2).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}
