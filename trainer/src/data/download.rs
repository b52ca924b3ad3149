//! Fetches the data set's files from its public mirrors, with a progress bar, and resumes after a break.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::DataError;
use super::idx::IdxFile;

/// Folders that hold the four files under their own names, gzipped.
pub const MIRRORS: [&str; 2] = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
];

/// A reply may not be larger than the decompressed file: whatever is, is something else.
fn most_bytes(file: IdxFile) -> u64 {
    file.bytes + 1024
}

/// Fetches one file into a folder, from the first mirror that gives it intact.
///
/// # Errors
/// [`DataError::Download`] when no mirror does; what has arrived stays for the next try.
pub fn download(file: IdxFile, folder: &Path) -> Result<(), DataError> {
    download_from(&MIRRORS, file, folder)
}

fn download_from(mirrors: &[&str], file: IdxFile, folder: &Path) -> Result<(), DataError> {
    let write = |path: &Path| {
        let path = path.to_path_buf();
        move |source| DataError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(write(folder))?;
    let whole = folder.join(format!("{}.gz", file.name));
    let part = folder.join(format!("{}.gz.part", file.name));
    let mut reason = String::from("no mirror was asked");
    for mirror in mirrors {
        let url = format!("{mirror}/{}.gz", file.name);
        if let Err(error) = fetch(&url, file, &part) {
            reason = format!("{url}: {error}");
            continue;
        }
        match file.read(&part) {
            Ok(_) => return fs::rename(&part, &whole).map_err(write(&whole)),
            Err(error) => {
                // Damaged bytes must not be resumed from.
                fs::remove_file(&part).map_err(write(&part))?;
                reason = error.to_string();
            }
        }
    }
    Err(DataError::Download {
        file: file.name.into(),
        reason,
    })
}

/// Fetches a URL into `part`, from where it ends.
fn fetch(url: &str, file: IdxFile, part: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let have = fs::metadata(part).map_or(0, |m| m.len());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        // The largest file has 26 MB; a mirror that stalls must not hold the run for ever.
        .timeout_recv_body(Some(Duration::from_secs(600)))
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let reply = request.call()?;
    let (mut out, have) = match reply.status().as_u16() {
        206 => (OpenOptions::new().append(true).open(part)?, have),
        200 => (File::create(part)?, 0),
        // Nothing behind the end: what is there is whole, and is verified next.
        416 if have > 0 => return Ok(()),
        status => return Err(format!("the server answered {status}").into()),
    };
    let length = reply.body().content_length();
    let bar = match length {
        Some(rest) => ProgressBar::new(have + rest),
        None => ProgressBar::no_length(),
    };
    bar.set_style(
        ProgressStyle::with_template(
            "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message(file.name);
    bar.set_position(have);
    let mut body = reply.into_body().into_reader().take(most_bytes(file));
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        out.write_all(&buffer[..count])?;
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    match length {
        Some(rest) if fs::metadata(part)?.len() < have + rest => {
            Err("the connection broke off".into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::idx::TEST_LABELS;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    /// Answers as many requests as there are replies, and gives back the requests' Range headers.
    fn server(replies: Vec<Vec<u8>>) -> (String, std::thread::JoinHandle<Vec<Option<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            replies
                .into_iter()
                .map(|reply| {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut range = None;
                    let reader = BufReader::new(stream.try_clone().unwrap());
                    for line in reader.lines().map_while(Result::ok) {
                        if line.to_lowercase().starts_with("range:") {
                            range = Some(line[6..].trim().to_owned());
                        }
                        if line.is_empty() {
                            break;
                        }
                    }
                    stream.write_all(&reply).unwrap();
                    range
                })
                .collect()
        });
        (url, thread)
    }

    fn reply(status: &str, body: &[u8], length: usize) -> Vec<u8> {
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    /// The test labels as a mirror serves them; any gzip of the right bytes will do.
    fn mirrored() -> Vec<u8> {
        let data = crate::data::source::load(None).unwrap();
        let mut plain = vec![0, 0, 8, 1, 0, 0, 0x27, 0x10];
        plain.extend(data.test.labels.iter().map(|g| g.index() as u8));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn a_broken_download_is_resumed_where_it_ended() {
        let file = mirrored();
        let (head, tail) = file.split_at(file.len() / 2);
        let (url, served) = server(vec![
            reply("200 OK", head, file.len()),
            reply("206 Partial Content", tail, tail.len()),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let error = download_from(&[&url], TEST_LABELS, folder.path()).unwrap_err();
        assert!(error.to_string().contains("what has arrived is kept"));
        download_from(&[&url], TEST_LABELS, folder.path()).unwrap();
        let whole = folder.path().join("t10k-labels-idx1-ubyte.gz");
        assert_eq!(fs::read(whole).unwrap(), file);
        let range = format!("bytes={}-", head.len());
        assert_eq!(served.join().unwrap(), [None, Some(range)]);
    }

    #[test]
    fn a_mirror_that_lies_is_passed_over() {
        let file = mirrored();
        let (liar, first) = server(vec![reply("200 OK", b"<html>", 6)]);
        let (honest, second) = server(vec![reply("200 OK", &file, file.len())]);
        let folder = tempfile::tempdir().unwrap();
        download_from(&[&liar, &honest], TEST_LABELS, folder.path()).unwrap();
        first.join().unwrap();
        // The lie was not resumed from.
        assert_eq!(second.join().unwrap(), [None]);
    }
}
