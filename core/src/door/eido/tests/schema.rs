//! What goes out has what the schema demands (eido-openapi.yaml: the required members and their types).

use super::round::{outgoing, sender};
use super::*;

const PROLOGUE: [&str; 3] = ["$id", "lastUpdateTimeStamp", "updatedByAgencyReference"];

/// Component → required members; `[]` after a name says a list.
const REQUIRED: [(&str, &[&str]); 12] = [
    ("callComponent", &["callStateRegistryText", "standardPrimaryCallType", "direction", "callStartTimestamp"]),
    ("personComponent", &["personIncidentRoleRegistryText[]"]),
    ("callbackComponent", &[]),
    ("locationComponent", &["locationTypeDescriptionRegistryText"]),
    ("notesComponent", &["notesActionComments"]),
    ("cautionComponent", &["cautionTypeInternalText", "cautionTypeCommonRegistryText", "cautionSeverity"]),
    ("linkComponent", &["incidentTrackingIdentifier", "linkDirectionCode"]),
    ("mergeComponent", &["incidentMergeDirectionCode", "incidentTrackingIdentifier"]),
    ("dispatchComponent", &[]),
    (
        "emergencyResourceComponent",
        &[
            "agentReference[]",
            "emergencyResourceTypeCommonRegistryText",
            "primaryUnitStatusRegistryText",
            "resourceAttributeRegistryText[]",
            "secondaryUnitStatusRegistryText[]",
        ],
    ),
    ("agencyComponent", &["agencyRoleDescriptionRegistryText[]", "agencyType[]"]),
    ("agentComponent", &["agentRoleRegistryText[]", "agencyReference"]),
];

fn assert_has(of: &Value, required: &[&str], what: &str) {
    for name in required {
        let (name, is_list) = name.strip_suffix("[]").map_or((*name, false), |name| (name, true));
        let member = of.get(name).unwrap_or_else(|| panic!("{what} lacks {name}"));
        assert_eq!(member.is_array(), is_list, "{what}: {name}");
    }
    assert!(of["updatedByAgencyReference"]["$ref"].is_string(), "{what}");
    assert!(of["lastUpdateTimeStamp"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{what}");
}

pub fn written(carry: bool) -> Value {
    let arrival = read_json(&full());
    let (sender, packet) = (sender(), crate::sharing::Packet::whole(&arrival.incident));
    let ended = [Disposition { code: "18".into(), words: "settled".into(), primary: true }];
    write_around(&Outgoing {
        cautions: &arrival.cautions,
        places: &arrival.places,
        links: &arrival.linked,
        merges: &arrival.merges,
        units: &arrival.units,
        agencies: &arrival.agencies,
        dispositions: &ended,
        ..outgoing(&packet, &sender, carry)
    })
}

#[test]
fn what_goes_out_has_every_required_member() {
    for carry in [true, false] {
        let written = written(carry);
        assert_has(&written, &PROLOGUE, "envelope");
        assert_has(&written, &["eidoVersion", "issuingElementIdentification", "agencyComponent[]"], "envelope");
        assert_has(&written["incidentComponent"], &["$id", "incidentTypeCommonRegistryText"], "incidentComponent");
        for disposition in written["incidentComponent"]["dispositionComponent"].as_array().unwrap() {
            assert_has(disposition, &["$id", "dispositionCommonRegistryCode"], "disposition");
        }
        for (key, required) in REQUIRED {
            let components = written.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            assert!(!components.is_empty() || carry && key == "callComponent", "{key} is not tested");
            components.iter().for_each(|of| {
                assert_has(of, &PROLOGUE, key);
                assert_has(of, required, key);
            });
        }
    }
}

#[test]
fn every_component_has_an_id_of_its_own_and_every_pointer_of_ours_leads_somewhere() {
    let written = written(true);
    let mut ids = std::collections::BTreeSet::new();
    for (key, _) in REQUIRED {
        for of in written.get(key).and_then(Value::as_array).into_iter().flatten() {
            assert!(ids.insert(of["$id"].as_str().unwrap().to_owned()), "{} stands twice", of["$id"]);
        }
    }
    for key in ["locationReference", "personReference"] {
        for pointer in written["incidentComponent"][key].as_array().unwrap() {
            assert!(ids.contains(pointer["$ref"].as_str().unwrap()), "{pointer}");
        }
    }
}
