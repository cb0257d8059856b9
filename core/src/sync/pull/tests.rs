//! A pull against pages that are written here.

use serde_json::json;

use super::super::chain::MOST_WITHOUT_NEWS;
use super::*;
use crate::store::Key;
use crate::sync::run::{Remark, StopReason};

fn now() -> Instant {
    "2026-11-23T05:00:00Z".parse().unwrap()
}

/// A page; an empty `next` is the last one.
fn answer(entries: serde_json::Value, next: &str) -> Answer {
    let link = if next.is_empty() { json!([]) } else { json!([{ "relation": "next", "url": next }]) };
    let body = json!({ "resourceType": "Bundle", "type": "searchset", "entry": entries, "link": link });
    Answer { status: 200, body: body.to_string().into_bytes(), ..Answer::default() }
}

fn task(id: &str, owner: &str) -> serde_json::Value {
    json!({ "resource": { "resourceType": "Task", "id": id, "meta": { "versionId": "1" }, "status": "requested", "intent": "order",
        "owner": { "reference": owner }, "code": { "coding": [{ "system": "urn:anydoor:1:task", "code": "assignment" }] } } })
}

#[test]
fn a_census_that_was_refused_or_cannot_be_read_removes_nothing() {
    for refused in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
        let mut pull = Pull::new(TeamId::parse("mine").unwrap(), true);
        let mut asked = 0;
        while let Some(request) = pull.next(&mut store, now()).unwrap() {
            let first_owner = asked == 0;
            let census = request.path.starts_with("Task?") && !request.path.contains("_lastUpdated=ge") && (2..4).contains(&asked);
            let page = match (first_owner, census) {
                (true, _) => answer(json!([task("a", "CareTeam/mine")]), ""),
                (_, true) if refused => Answer { status: 400, ..Answer::default() },
                (_, true) => answer(json!([{ "resource": { "resourceType": "Task", "id": "no legal id" } }]), ""),
                _ => answer(json!([]), ""),
            };
            asked += 1;
            if let Err(stop) = pull.hear(&mut store, &page, now()).unwrap() {
                assert!(refused && stop == StopReason::WorkRefused);
                break;
            }
        }
        assert!(store.document("Task", "a").unwrap().is_some(), "refused: {refused}");
    }
}

#[test]
fn what_a_whole_census_lacks_leaves_scope() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    let mut pull = Pull::new(TeamId::parse("mine").unwrap(), true);
    pull.next(&mut store, now()).unwrap().unwrap();
    pull.hear(&mut store, &answer(json!([task("a", "CareTeam/mine")]), ""), now()).unwrap().unwrap();
    while let Some(request) = pull.next(&mut store, now()).unwrap() {
        // Read once more by id, it is not there either.
        let confirms = request.method == crate::http::Method::Post;
        let entries = if confirms { json!([{ "response": { "status": "404 Not Found" } }]) } else { json!([]) };
        pull.hear(&mut store, &answer(entries, ""), now()).unwrap().unwrap();
    }
    assert!(store.document("Task", "a").unwrap().is_none());
}

#[test]
fn one_bad_record_a_lie_and_a_circle_of_pages_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    let mut pull = Pull::new(TeamId::parse("mine").unwrap(), false);
    let first = pull.next(&mut store, now()).unwrap().unwrap();
    assert!(first.path.starts_with("Task?owner=CareTeam/mine"), "{}", first.path);
    let bad = json!({ "resource": { "resourceType": "Task", "id": "no legal id" } });
    let page = answer(json!([task("a", "CareTeam/mine"), bad, task("b", "CareTeam/other")]), "http://x/1");
    let taken = pull.hear(&mut store, &page, now()).unwrap().unwrap();
    let ignored = Remark { search: "Task by owner".into(), what: SearchRemark::FilterIgnored, status: None };
    assert_eq!((taken.changed, taken.remarks, taken.unreadable), (vec!["Task/a".to_owned()], vec![ignored], 1));
    for link in ["http://x/1", "http://x/2"] {
        assert_eq!(pull.next(&mut store, now()).unwrap().unwrap().path, link);
        pull.hear(&mut store, &answer(json!([]), if link.ends_with('1') { "http://x/2" } else { "http://x/1" }), now()).unwrap().unwrap();
    }
    assert!(pull.next(&mut store, now()).unwrap().unwrap().path.starts_with("Task?business-status="));
}

#[test]
fn searches_that_bring_nothing_cut_short_no_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    let mut pull = Pull::new(TeamId::parse("mine").unwrap(), false);
    let search = |id: u32| Search::by("Basic", "_id", BTreeSet::from([format!("Basic/{id}")]));
    pull.searches = (0..=MOST_WITHOUT_NEWS + 1).map(search).collect();
    for _ in 0..=MOST_WITHOUT_NEWS {
        pull.next(&mut store, now()).unwrap().unwrap();
        pull.hear(&mut store, &answer(json!([]), ""), now()).unwrap().unwrap();
    }
    assert!(pull.next(&mut store, now()).unwrap().unwrap().path.contains("_id=0&"));
    pull.hear(&mut store, &answer(json!([]), "http://x/2"), now()).unwrap().unwrap();
    assert_eq!(pull.next(&mut store, now()).unwrap().unwrap().path, "http://x/2");
}

#[test]
fn what_is_read_by_its_id_and_too_large_is_asked_for_in_smaller_parts_and_confuses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    store.set_setting("page", "2").unwrap();
    let mut pull = Pull::new(TeamId::parse("mine").unwrap(), true);
    pull.in_doubt = (0..3).map(|id| format!("Basic/{id}")).collect();
    let asks = |request: &Request| request.body.as_deref().unwrap_or_default().matches("Basic/").count();
    assert_eq!(asks(&pull.next(&mut store, now()).unwrap().unwrap()), 2);
    assert!(pull.halve(&store).unwrap());
    for _ in 0..3 {
        assert_eq!(asks(&pull.next(&mut store, now()).unwrap().unwrap()), 1);
        pull.hear(&mut store, &answer(json!([]), ""), now()).unwrap().unwrap();
    }
    assert!(pull.next(&mut store, now()).unwrap().unwrap().path.starts_with("Task?owner="));
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("w.db"), &Key::new(&[1; 32]).unwrap(), "agency").unwrap();
    (folder, store)
}

/// A pull to its end or to where it stops, and every remark on the way.
fn pulled(store: &mut Store, full: bool, mut server: impl FnMut(&Request) -> Answer) -> Result<Vec<Remark>, StopReason> {
    let (mut pull, mut remarks) = (Pull::new(TeamId::parse("mine").unwrap(), full), Vec::new());
    for _ in 0..200 {
        let Some(request) = pull.next(store, now()).unwrap() else { return Ok(remarks) };
        remarks.extend(pull.hear(store, &server(&request), now()).unwrap()?.remarks);
    }
    panic!("the pull does not end");
}

fn refusal(status: u16) -> Answer {
    Answer { status, ..Answer::default() }
}

#[test]
fn a_refused_search_for_the_teams_work_is_never_an_empty_queue() {
    for status in [400, 403, 404, 405, 410, 422] {
        for search in ["Task?owner=", "Task?business-status="] {
            let (_folder, mut store) = store();
            let page = |request: &Request| if request.path.starts_with(search) { refusal(status) } else { answer(json!([]), "") };
            assert_eq!(pulled(&mut store, false, page), Err(StopReason::WorkRefused), "{search} {status}");
        }
    }
}

#[test]
fn any_other_refused_search_is_named_and_the_rest_goes_on() {
    let (_folder, mut store) = store();
    let mut asked = Vec::new();
    let remarks = pulled(&mut store, true, |request| {
        asked.push(request.path.clone());
        let other = !request.path.starts_with("Task?owner") && !request.path.starts_with("Task?business");
        if other && request.path.contains('?') { refusal(403) } else { answer(json!([]), "") }
    })
    .unwrap();
    let named: Vec<&str> = remarks.iter().map(|remark| remark.search.as_str()).collect();
    assert!(named.contains(&"Library") && named.contains(&"Location by organization"), "{named:?}");
    assert!(remarks.iter().all(|remark| (remark.what, remark.status) == (SearchRemark::Refused, Some(403))));
    assert_eq!(named.len(), asked.iter().filter(|path| !path.starts_with("Task?")).count());
}

#[test]
fn a_next_page_that_is_refused_is_asked_for_once_more_from_the_beginning_and_is_never_the_end() {
    let (_folder, mut store) = store();
    let mut asked = 0;
    let offers = pulled(&mut store, false, |request| {
        asked += u32::from(request.path.starts_with("Task?owner") || request.path == "gone");
        match request.path.as_str() {
            "gone" => refusal(410),
            path if path.starts_with("Task?owner") => answer(json!([]), "gone"),
            _ => answer(json!([]), ""),
        }
    });
    assert_eq!((offers, asked), (Err(StopReason::WorkRefused), 4));
    let remarks = pulled(&mut store, true, |request| match request.path.as_str() {
        "gone" => refusal(410),
        path if path.starts_with("Library") => answer(json!([]), "gone"),
        _ => answer(json!([]), ""),
    });
    let left = Remark { search: "Library".into(), what: SearchRemark::PagesNotFollowed, status: Some(410) };
    assert_eq!(remarks, Ok(vec![left]));
    assert_eq!(store.watermark("Library?").unwrap(), None, "what was not read whole is asked for again");
}

#[test]
fn a_link_that_leads_nowhere_is_said_by_its_own_name() {
    let (_folder, mut store) = store();
    let elsewhere = |request: &Request, of: &str| match request.path.as_str() {
        "http://hapi:8080/page" => Answer { rewritten: true, ..refusal(404) },
        path if path.starts_with(of) => answer(json!([]), "http://hapi:8080/page"),
        _ => answer(json!([]), ""),
    };
    assert_eq!(pulled(&mut store, false, |request| elsewhere(request, "Task?owner")), Err(StopReason::PagesElsewhere));
    let remarks = pulled(&mut store, true, |request| elsewhere(request, "Library")).unwrap();
    assert_eq!(remarks, [Remark { search: "Library".into(), what: SearchRemark::PagesNotFollowed, status: None }]);
    let answered = pulled(&mut store, true, |request| match request.path.as_str() {
        "http://hapi:8080/page" => Answer { rewritten: true, ..answer(json!([]), "") },
        _ => elsewhere(request, "Library"),
    });
    assert_eq!(answered, Ok(vec![Remark { search: "Library".into(), what: SearchRemark::LinkRewritten, status: None }]));
}

#[test]
fn a_run_asks_for_so_many_pages_and_no_more() {
    let (_folder, mut store) = store();
    let (mut pull, mut pages) = (Pull::new(TeamId::parse("mine").unwrap(), true), 0);
    pull.pages_left = 10;
    let mut left = Vec::new();
    while let Some(request) = pull.next(&mut store, now()).unwrap() {
        pages += 1;
        assert!(pages < 60, "the pull does not end");
        // Ever new pages, each with something new.
        let news = json!([{ "resource": { "resourceType": "Library", "id": format!("l{pages}"), "meta": { "versionId": "1" } } }]);
        let page = if request.method == crate::http::Method::Post { answer(json!([]), "") } else { answer(news, &format!("p{pages}")) };
        left.extend(pull.hear(&mut store, &page, now()).unwrap().unwrap().remarks);
    }
    assert!(left.iter().any(|remark| remark.what == SearchRemark::PagesNotFollowed));
}

/// A note of a mate is written at 05:00:30 by the server's clock, while a gateway's `Date` is two hours ahead of it.
#[test]
fn what_is_written_after_a_search_is_found_whatever_clock_answered() {
    let (_folder, mut store) = store();
    let stamped = |at: &str| {
        let mut task = task("a", "CareTeam/mine");
        task["resource"]["meta"]["lastUpdated"] = json!(at);
        json!([task])
    };
    let gateway = |page: Answer| Answer { date: Some("2026-11-23T07:00:00Z".parse().unwrap()), ..page };
    pulled(&mut store, false, |request| {
        let first = request.path.starts_with("Task?owner");
        gateway(answer(if first { stamped("2026-11-23T04:59:00Z") } else { json!([]) }, ""))
    })
    .unwrap();
    let mut since = Vec::new();
    pulled(&mut store, false, |request| {
        since.extend(request.path.split("_lastUpdated=ge").nth(1).map(|rest| rest.split('&').next().unwrap().to_owned()));
        gateway(answer(json!([]), ""))
    })
    .unwrap();
    assert!(!since.is_empty());
    assert!(since.iter().all(|at| at.parse::<Instant>().unwrap() <= "2026-11-23T04:59:00Z".parse().unwrap()), "{since:?}");
}

#[test]
fn places_and_tables_that_were_not_asked_for_are_left_out_and_what_came_of_them_before_is_removed() {
    let (_folder, mut store) = store();
    let document = |kind: &str, id: &str, more: serde_json::Value| {
        let mut body = json!({ "resourceType": kind, "id": id, "meta": { "versionId": "1", "lastUpdated": "2026-11-23T04:00:00Z" } });
        more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
        body
    };
    let of = |organization: &str| json!({ "reference": format!("Organization/{organization}") });
    let fixed = |organization: &str| {
        json!({ "managingOrganization": of(organization),
        "extension": [{ "url": "urn:anydoor:1:fix-time", "valueInstant": "2026-11-23T04:00:00Z" }] })
    };
    let by = |agency: &str| {
        json!([{ "url": "urn:anydoor:1:revision", "extension": [{ "url": "agency", "valueReference": of(agency) },
            { "url": "writer", "valueString": "w" }, { "url": "counter", "valueString": "1" }] }])
    };
    let table = |agency: &str| json!({ "url": "urn:anydoor:1:population", "extension": by(agency) });
    let everything = [
        document("Location", "service", json!({ "managingOrganization": of("shelter") })),
        document("Location", "ours", fixed("agency")),
        document("Location", "theirs", fixed("other")),
        document("Location", "somebodys-home", json!({ "address": { "text": "12 Elm St" } })),
        document("Location", "our-scene", json!({ "address": { "text": "14 Elm St" } })),
        document("ServiceRequest", "s", json!({ "locationReference": [{ "reference": "Location/our-scene" }] })),
        document("Library", "table", table("agency")),
        document("Library", "other-table", table("other")),
        document("Library", "measure", json!({ "url": "http://example.org/measure" })),
        document("CareTeam", "other-team", json!({ "name": "of another county", "extension": by("other") })),
        document("HealthcareService", "other-service", json!({ "name": "of another county", "extension": by("other") })),
        document("HealthcareService", "of-nobody", json!({ "name": "a county's, imported by others" })),
    ];
    // What an earlier release took in.
    let documents = everything.iter().map(|body| Document::from_value(body.clone()).unwrap()).collect();
    store.take(&crate::store::Incoming { documents, read_upto: None }).unwrap();
    let remarks = pulled(&mut store, true, |request| {
        let entries: Vec<_> = everything.iter().map(|body| json!({ "resource": body })).collect();
        if request.path.contains('?') { answer(json!(entries), "") } else { answer(json!([]), "") }
    })
    .unwrap();
    assert!(remarks.iter().any(|remark| (remark.search.as_str(), remark.what) == ("Library", SearchRemark::FilterIgnored)));
    let here: Vec<String> = store.everything().unwrap().into_iter().map(|(reference, _)| reference).collect();
    assert_eq!(
        here,
        ["Location/service", "Location/ours", "Location/our-scene", "ServiceRequest/s", "Library/table", "HealthcareService/of-nobody"]
    );
}
