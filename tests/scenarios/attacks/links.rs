//! Links that lead in circles, on for ever, or to somebody else.

use super::*;

#[test]
fn a_page_that_names_itself_as_the_next_is_left() {
    attack(|| async {
        let server = Hostile::new(|_, line| {
            let path = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
            Reply::page(path.trim_start_matches("/fhir/"))
        })
        .await?;
        let victim = Victim::new(server.base_url(), false)?;
        let _ = victim.sync().await;
        // Fewer than a dozen searches, each asked for twice and once more by its own name.
        assert!(server.asked().len() < 60, "{:#?}", server.asked());
        victim.is_untouched()
    });
}

#[test]
fn a_next_on_another_host_is_asked_for_here_and_nothing_is_sent_there() {
    attack(|| async {
        let other = Bystander::new().await?;
        for link in
            [format!("{}/fhir/Task?page=2", other.base_url()), format!("{}/fhir", other.base_url().replace("127.0.0.1", "localhost"))]
        {
            let (server, victim) = pulls(move |_, line| Reply::page(if line.contains("owner=") { &link } else { "" })).await?;
            // Its path and query are this server's: it answers, and the phone says that the link was another's.
            let done = victim.sync().await?;
            assert!(done.remarks.iter().any(|r| (r.search.as_str(), r.what.as_str()) == ("Task by owner", "link-rewritten")), "{done:?}");
            assert!(server.asked().iter().any(|line| line.contains("/fhir/Task?page=2") || line.contains("GET /fhir HTTP")));
            victim.is_untouched()?;
        }
        assert_eq!(other.came(), 0);
        Ok(())
    });
}

#[test]
fn a_next_that_is_no_address_of_http_or_leads_to_nothing_here_is_said_by_name() {
    attack(|| async {
        for link in ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:x"] {
            let (server, victim) = pulls(move |_, _| Reply::page(link)).await?;
            assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::PagesElsewhere, "{link}");
            assert_eq!(server.asked().iter().filter(|line| line.contains("/Task?")).count(), 1);
            victim.is_untouched()?;
        }
        let answers: [fn() -> Reply; 3] = [
            || Reply::status("404 Not Found", ""),
            || Reply::status("502 Bad Gateway", ""),
            || Reply::status("200 OK", "Content-Type: text/html\r\n"),
        ];
        for answer in answers {
            let there = move |_: usize, line: &str| {
                if line.contains("internal") { answer() } else { Reply::page("http://hapi.internal:8080/internal?page=2") }
            };
            let (_server, victim) = pulls(there).await?;
            assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::PagesElsewhere);
            victim.is_untouched()?;
        }
        Ok(())
    });
}

#[test]
fn a_server_that_refuses_the_teams_work_is_never_up_to_date() {
    attack(|| async {
        for status in ["400 Bad Request", "403 Forbidden", "404 Not Found"] {
            let (_server, victim) =
                pulls(move |_, line| if line.contains("owner=") { Reply::status(status, "") } else { Reply::page("") }).await?;
            assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::WorkRefused);
            let (_server, victim) =
                pulls(move |_, line| if line.contains("/Library?") { Reply::status(status, "") } else { Reply::page("") }).await?;
            let remarks = victim.sync().await?.remarks;
            assert_eq!(remarks.iter().map(|r| (r.search.as_str(), r.what.as_str())).collect::<Vec<_>>(), [("Library", "refused")]);
        }
        Ok(())
    });
}

#[test]
fn a_next_that_only_looks_like_another_host_stays_with_ours() {
    attack(|| async {
        let other = Bystander::new().await?;
        let port = other.base_url().rsplit(':').next().unwrap_or_default().to_owned();
        for link in
            [format!("//127.0.0.1:{port}/x"), format!("\\\\\\\\127.0.0.1:{port}\\\\x"), format!("@127.0.0.1:{port}/x"), "k".repeat(100_000)]
        {
            let (_server, victim) = pulls(move |_, _| Reply::page(&link)).await?;
            let _ = victim.sync().await;
            victim.is_untouched()?;
        }
        assert_eq!(other.came(), 0);
        Ok(())
    });
}

#[test]
fn a_chain_of_pages_without_end_and_without_news_is_left() {
    attack(|| async {
        let (server, victim) = pulls(|number, _| Reply::page(&format!("Task?page={number}"))).await?;
        let ended = tokio::time::timeout(Duration::from_secs(20), victim.sync()).await;
        assert!(ended.is_ok(), "still following after {} pages", server.asked().len());
        victim.is_untouched()
    });
}

#[test]
fn a_redirect_is_not_followed_wherever_it_leads() {
    attack(|| async {
        let other = Bystander::new().await?;
        for target in [format!("{}/fhir/Task", other.base_url()), "/fhir/Task".to_owned()] {
            for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
                let head = format!("Location: {target}\r\n");
                let server = Hostile::new(move |_, _| Reply::status(status, &head)).await?;
                let victim = Victim::new(server.base_url(), true)?;
                assert_eq!(victim.sync().await.unwrap_err(), AnydoorError::ServerTrouble);
                assert_eq!(server.asked().len(), 1, "the loop is not entered");
                victim.is_untouched()?;
                assert_eq!(victim.client.assignment(&victim.assignment)?.row.truth, ItemTruth::OnThisPhone);
            }
        }
        assert_eq!(other.came(), 0);
        Ok(())
    });
}

#[test]
fn a_version_that_no_header_carries_costs_its_own_record() {
    attack(|| async {
        let task = r#"{"resourceType":"Bundle","type":"searchset","entry":[{"resource":{"resourceType":"Task","id":"odd","meta":{"versionId":"1\n2"},
            "status":"requested","intent":"order","authoredOn":"2026-11-23T05:00:00Z","owner":{"reference":"CareTeam/team"},
            "focus":{"reference":"ServiceRequest/odd"},"code":{"coding":[{"system":"urn:anydoor:1:task","code":"assignment"}]}}}]}"#;
        let (_server, victim) = pulls(move |_, line| if line.contains("owner=") { Reply::fhir(task) } else { Reply::page("") }).await?;
        // Had it been taken, no change of it could leave, and the run would end there each time.
        assert!(victim.sync().await?.unreadable > 0);
        victim.is_untouched()
    });
}
