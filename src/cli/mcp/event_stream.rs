//! Reading a stream of events (HTML Living Standard, "Server-sent events"), of which MCP
//! needs only the data.

/// What has been read of a stream so far.
#[derive(Default)]
pub struct EventStream {
    /// The beginning of a line.
    line: Vec<u8>,
    /// The data of an event that has not ended.
    data: String,
}

impl EventStream {
    /// Takes the next bytes; the data of the events that end in them.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut ended = Vec::new();
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = String::from_utf8_lossy(&line);
            let line = line.strip_suffix('\r').unwrap_or(&line);
            if line.is_empty() {
                ended.push(std::mem::take(&mut self.data));
            } else if let Some(data) = line.strip_prefix("data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
            }
        }
        ended.retain(|data| !data.is_empty());
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "data: \nid: 0\nretry: 3000\n\ndata: {\"ü\":1}\n\n: ping\n\n\
                        event: message\r\ndata:one\r\ndata: two\r\n\r\ndata: cut off";

    #[test]
    fn the_data_of_each_event_is_read() {
        let mut stream = EventStream::default();
        assert_eq!(stream.take(TEXT.as_bytes()), ["{\"ü\":1}", "one\ntwo"]);
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_come() {
        for size in 1..TEXT.len() {
            let mut stream = EventStream::default();
            let read: Vec<_> = TEXT
                .as_bytes()
                .chunks(size)
                .flat_map(|part| stream.take(part))
                .collect();
            assert_eq!(read, ["{\"ü\":1}", "one\ntwo"], "{size}");
        }
    }
}
