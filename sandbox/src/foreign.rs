//! A call-taker's own reader of an EIDO, written from NENA's schema alone: it knows nothing of the members that only our
//! systems read, and shows what any CAD would show.

use serde_json::Value;

/// Every text that a call-taker's screen shows: the type, notes and cautions, people with their names and descriptions, numbers
/// to call back, and where it is.
pub fn read(eido: &Value) -> Vec<String> {
    let list = |key: &str| eido.get(key).map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])).unwrap_or_default();
    let mut said = Vec::new();
    let mut take = |of: &Value, key: &str| match of.get(key) {
        Some(Value::String(text)) => said.push(text.clone()),
        Some(Value::Array(all)) => said.extend(all.iter().filter_map(|one| one.as_str().map(str::to_owned))),
        _ => {}
    };
    for incident in list("incidentComponent") {
        take(&incident, "incidentTypeInternalText");
        take(&incident, "incidentTypeCommonRegistryText");
    }
    list("notesComponent").iter().for_each(|note| take(note, "notesActionComments"));
    list("cautionComponent").iter().for_each(|caution| take(caution, "cautionTypeInternalText"));
    for person in list("personComponent") {
        let niem = person.get("ncPersonComponent").cloned().unwrap_or_default();
        ["ncPersonDescriptionText", "ncPersonBirthDate", "ncPersonSexText"].iter().for_each(|key| take(&niem, key));
        let name = niem.get("ncPersonName").cloned().unwrap_or_default();
        ["ncPersonGivenName", "ncPersonSurName", "ncPersonFullName"].iter().for_each(|key| take(&name, key));
    }
    list("callbackComponent").iter().for_each(|callback| take(callback, "callBackInformationUri"));
    for location in list("locationComponent") {
        take(&location, "locationByValue");
        take(&location, "locationDescriptionText");
    }
    said.iter().map(|text| words(text)).filter(|text| !text.is_empty()).collect()
}

/// A text without its markup.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    let plain = out.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
