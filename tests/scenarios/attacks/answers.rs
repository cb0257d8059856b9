//! Answers that are too large, too deep, too many, or no answers at all.

use super::*;

const OPEN: &str = r#"{"resourceType":"Bundle","type":"searchset","entry":["#;
const ENTRY: &str = r#"{"resource":{"resourceType":"Basic","id":"a","code":{"text":"x"}}},"#;
const MB: usize = 1 << 20;

fn many(framing: Framing, entry: &str, times: usize) -> Reply {
    Reply::pieces(framing, [(OPEN, 1), (entry, times), ("{}]}", 1)])
}

/// Meets `answer` as a page and, with work to send, as the answer to a transaction.
async fn is_server_trouble(answer: impl Fn() -> Reply + Clone + Send + Sync + 'static) -> Tested {
    let (_server, victim) = pulls({
        let answer = answer.clone();
        move |_, _| answer()
    })
    .await?;
    assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::ServerTrouble);
    victim.is_untouched()?;
    let server = Hostile::new(move |_, _| answer()).await?;
    let victim = Victim::new(server.base_url(), true)?;
    // What the transaction was answered proves nothing; the run may end later, at a page.
    assert!(victim.sync().await.is_err());
    victim.is_untouched()
}

#[test]
fn a_body_of_200_mb_is_not_read_to_its_end() {
    attack(|| is_server_trouble(|| many(Framing::Length, ENTRY, 200 * MB / ENTRY.len())));
}

#[test]
fn a_body_of_200_mb_without_a_length_is_not_read_to_its_end() {
    attack(|| is_server_trouble(|| many(Framing::Chunked, ENTRY, 200 * MB / ENTRY.len())));
}

#[test]
fn a_million_entries_are_refused() {
    attack(|| is_server_trouble(|| many(Framing::Length, "{},", 1_000_000)));
}

#[test]
fn a_million_entries_in_many_lists_are_refused() {
    attack(|| {
        is_server_trouble(|| {
            let list = format!("\"entry\":[{}{{}}],", "{},".repeat(99_999));
            Reply::pieces(Framing::Length, [("{\"resourceType\":\"Bundle\",".into(), 1), (list, 10), ("\"type\":\"searchset\"}".into(), 1)])
        })
    });
}

#[test]
fn entries_that_are_each_within_the_limits_are_refused_together() {
    attack(|| {
        is_server_trouble(|| {
            let entry = format!(r#"{{"resource":{{"resourceType":"Basic","id":"a","x":[{}0]}}}},"#, "0,".repeat(19_990));
            let times = 60 * MB / entry.len();
            many(Framing::Length, &entry, times)
        })
    });
}

#[test]
fn millions_of_values_beside_the_entries_are_not_kept() {
    for place in ["total", "link"] {
        attack(|| async move {
            let open = format!(r#"{{"resourceType":"Bundle","type":"searchset","{place}":["#);
            let page = Reply::pieces(Framing::Length, [(open.as_str(), 1), ("0,", 5 * MB), ("0],\"entry\":[]}", 1)]);
            let (_server, victim) = pulls(move |_, _| page.clone()).await?;
            let done = victim.sync().await;
            assert!(done.is_ok() || done == Err(AnydoorError::ServerTrouble), "{done:?}");
            victim.is_untouched()
        });
    }
}

#[test]
fn millions_of_values_beside_a_resource_cost_that_entry() {
    attack(|| async {
        let page =
            Reply::pieces(Framing::Length, [(OPEN, 1), ("{\"search\":{\"mode\":\"match\",\"x\":[", 1), ("0,", 5 * MB), ("0]}}]}", 1)]);
        let (_server, victim) = pulls(move |_, _| page.clone()).await?;
        assert!(victim.sync().await?.unreadable > 0);
        victim.is_untouched()
    });
}

#[test]
fn nesting_of_a_hundred_thousand_levels_is_refused() {
    attack(|| async {
        is_server_trouble(|| Reply::pieces(Framing::Length, [("{\"resourceType\":\"Bundle\",\"link\":", 1), ("[", 100_000)])).await?;
        // Inside one entry it costs that entry alone.
        let deep = || Reply::pieces(Framing::Length, [(OPEN, 1), ("{\"resource\":", 1), ("[", 100_000), ("]", 100_000), ("}]}", 1)]);
        let (_server, victim) = pulls(move |_, _| deep()).await?;
        assert!(victim.sync().await?.unreadable > 0);
        victim.is_untouched()
    });
}

#[test]
fn a_gzip_bomb_is_refused_at_64_mb() {
    attack(|| {
        let bomb = gzip_of_a_gigabyte();
        println!("{} kB of gzip", bomb.iter().map(|(piece, times)| piece.len() * times).sum::<usize>() >> 10);
        is_server_trouble(move || Reply::pieces(Framing::Length, bomb.clone()).header("Content-Encoding: gzip"))
    });
}

#[test]
fn a_body_in_an_encoding_that_nobody_asked_for_is_not_unpacked() {
    for encoding in ["br", "deflate", "zstd", "gzip, gzip"] {
        attack(|| async move {
            let bomb = gzip_of_a_gigabyte();
            let (_server, victim) =
                pulls(move |_, _| Reply::pieces(Framing::Length, bomb.clone()).header(&format!("Content-Encoding: {encoding}"))).await?;
            assert!(victim.sync().await.is_err());
            victim.is_untouched()
        });
    }
}

/// Deflate blocks that end at a byte can be repeated: a gigabyte of blanks, from one block for ten megabytes.
fn gzip_of_a_gigabyte() -> Vec<(Vec<u8>, usize)> {
    use flate2::{Compress, Compression, FlushCompress};
    let blanks = vec![b' '; 10 * MB];
    let mut block = Vec::with_capacity(MB);
    let mut deflate = Compress::new(Compression::best(), false);
    deflate.compress_vec(&blanks, &mut block, FlushCompress::Full).unwrap();
    vec![(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], 1), (block, 100)]
}

#[test]
fn keys_that_stand_twice_are_refused() {
    attack(|| async {
        is_server_trouble(|| Reply::fhir(r#"{"resourceType":"Bundle","type":"searchset","entry":[],"entry":[]}"#)).await?;
        let (_server, victim) =
            pulls(|_, _| Reply::fhir(format!(r#"{OPEN}{{"resource":{{"resourceType":"Task","id":"a","id":"b"}}}}]}}"#))).await?;
        assert!(victim.sync().await?.unreadable > 0);
        victim.is_untouched()
    });
}

/// A Task of this team with a text of so many bytes.
fn task_of(bytes: usize) -> Reply {
    let task = r#"{"resource":{"resourceType":"Task","id":"huge","meta":{"versionId":"1"},"status":"requested","intent":"order",
        "authoredOn":"2026-11-23T05:00:00Z","owner":{"reference":"CareTeam/team"},"focus":{"reference":"ServiceRequest/x"},
        "code":{"coding":[{"system":"urn:anydoor:1:task","code":"assignment"}]},"description":""#;
    Reply::pieces(Framing::Length, [(OPEN, 1), (task, 1), ("k", bytes), ("\"}}]}", 1)])
}

#[test]
fn one_text_of_60_mb_costs_its_own_record_and_no_other() {
    attack(|| async {
        let (_server, victim) = pulls(|_, line| if line.contains("owner=") { task_of(60 * MB) } else { Reply::page("") }).await?;
        assert!(victim.sync().await?.unreadable > 0);
        victim.is_untouched()
    });
}

#[test]
fn the_longest_text_that_is_read_is_shown() {
    attack(|| async {
        let (_server, victim) = pulls(|_, line| if line.contains("owner=") { task_of(15 * MB) } else { Reply::page("") }).await?;
        assert_eq!(victim.sync().await?.unreadable, 0);
        assert_eq!(victim.client.queue(10)?.len(), 1);
        Ok(())
    });
}

#[test]
fn a_flood_of_headers_is_no_answer() {
    attack(|| async {
        let flood = || Reply::raw(vec![(b"HTTP/1.1 200 OK\r\n".to_vec(), 1), (b"X-More: and more\r\n".to_vec(), 4_000_000)]);
        let (_server, victim) = pulls(move |_, _| flood()).await?;
        assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::Offline);
        victim.is_untouched()?;
        let (_server, victim) =
            pulls(|_, _| Reply::raw(vec![(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec(), 1), (b"long".to_vec(), 16 * MB)])).await?;
        assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::Offline);
        victim.is_untouched()
    });
}

#[test]
fn what_is_no_http_and_what_lies_about_its_length_is_no_answer() {
    attack(|| async {
        for bytes in
            [b"\x16\x03\x01\x02\x00".to_vec(), vec![0; MB], b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n{}".to_vec()]
        {
            let (_server, victim) = pulls(move |_, _| Reply::raw(vec![(bytes.clone(), 1)])).await?;
            assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::Offline);
            victim.is_untouched()?;
        }
        Ok(())
    });
}

#[test]
fn a_refusal_of_60_mb_is_shown_in_a_few_words_or_not_at_all() {
    attack(|| async {
        let refusal = || {
            let pieces = [(r#"{"resourceType":"OperationOutcome","issue":[{"diagnostics":""#, 1), ("no ", 20 * MB), ("\"}]}", 1)];
            Reply::pieces(Framing::Length, pieces).with_status("422 No")
        };
        let server = Hostile::new(move |_, line| if line.starts_with("GET") { Reply::page("") } else { refusal() }).await?;
        let victim = Victim::new(server.base_url(), true)?;
        let _ = victim.sync().await;
        for parked in victim.client.needs_you()? {
            assert!(parked.detail.unwrap_or_default().chars().count() <= 500);
        }
        victim.is_untouched()
    });
}
