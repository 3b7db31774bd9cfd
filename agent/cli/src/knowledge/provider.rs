//! One provider: what holds for whom, how it looks, what to do, and what all of it rests on.

use std::time::SystemTime;

use sortie_core::knowledge::{Policy, Procedure, Provider, Standing};

use super::age;
use super::layout::{NOTHING, Sheet, cited};

pub(super) fn write(sheet: &mut Sheet, provider: &Provider, now: SystemTime) {
    let Provider { name, id, checked, .. } = provider;
    sheet.title(&format!("{name} ({id}), compared with its sources on {checked}"));
    if let Some(days) = age::old(*checked, now) {
        sheet.note(&format!("that was {days} days ago: read the sources before you rely on it"));
    }
    policy(sheet, provider);
    ports(sheet, provider);
    wire(sheet, provider);
    procedures(sheet, provider);
    offers(sheet, provider);
    notes(sheet, provider);
    sheet.sources(provider.sources);
}

fn policy(sheet: &mut Sheet, provider: &Provider) {
    if provider.policy.is_empty() {
        return;
    }
    sheet.section("Port 25, by resource and type of subscription");
    let types = provider.subscriptions.iter().map(|name| name.subscription);
    let mut header = vec![""];
    header.extend(types.clone().map(sortie_core::knowledge::Subscription::code));
    let rows = provider.resources.iter().map(|resource| {
        let cells = types.clone().map(|subscription| {
            provider.cell(resource.id, subscription).map_or(NOTHING, |cell| cell.state.code()).to_owned()
        });
        std::iter::once(resource.name.to_owned()).chain(cells).collect()
    });
    sheet.grid(header, rows);
    sheet.section("Types of subscription");
    let names = provider.subscriptions.iter();
    sheet.rows(names.map(|name| [name.subscription.code().to_owned(), name.name.to_owned()]));
}

fn ports(sheet: &mut Sheet, provider: &Provider) {
    sheet.section(if provider.policy.is_empty() { "Ports" } else { "Other ports" });
    let rows = provider.ports.iter().map(|rule| {
        let scope = rule.scope.unwrap_or("everywhere");
        let text = format!("{scope} {}", cited(provider.sources, rule.sources));
        [rule.port.to_string(), rule.state.code().to_owned(), text]
    });
    sheet.rows(rows);
}

fn wire(sheet: &mut Sheet, provider: &Provider) {
    let Some(wire) = &provider.wire else { return };
    sheet.section("On the wire");
    let text = format!("{} {}", wire.text, cited(provider.sources, wire.sources));
    sheet.rows([[wire.signature.spoken().to_owned(), text]]);
}

fn procedures(sheet: &mut Sheet, provider: &Provider) {
    for procedure in provider.procedures {
        sheet.section(&occasion(provider, procedure));
        let title = format!("{} {}", procedure.title, cited(provider.sources, procedure.sources));
        let steps =
            (1..).zip(procedure.steps).map(|(number, step)| [format!("{number}."), (*step).to_owned()]);
        sheet.rows([[title]]);
        sheet.rows(steps);
    }
}

/// What leads to a procedure.
fn occasion(provider: &Provider, procedure: &Procedure) -> String {
    let leads = |id: Option<&str>| id == Some(procedure.id);
    let situation = provider.situations.iter().find(|situation| leads(Some(situation.procedure)));
    if let Some(situation) = situation {
        return format!("When {}", situation.when.spoken());
    }
    let cell = provider.policy.iter().find(|cell: &&Policy| leads(cell.procedure)).map(|cell| cell.state);
    let state =
        cell.or_else(|| provider.ports.iter().find(|rule| leads(rule.procedure)).map(|rule| rule.state));
    format!("Where it is {}", state.map_or(NOTHING, Standing::code))
}

fn offers(sheet: &mut Sheet, provider: &Provider) {
    if provider.offers.is_empty() {
        return;
    }
    sheet.section("What the quotaId of a subscription leaves possible");
    let rows = provider.offers.iter().map(|offer| {
        let types: Vec<&str> = offer.subscriptions.iter().map(|possible| possible.code()).collect();
        let numbers =
            if offer.numbers.is_empty() { String::new() } else { format!(": {}", offer.numbers.join(", ")) };
        let text = format!("{}{numbers} {}", offer.name, cited(provider.sources, offer.sources));
        vec![format!("{}…", offer.quota_id), types.join(", "), text]
    });
    sheet.grid(vec!["quotaId", "types", "offers"], rows);
}

fn notes(sheet: &mut Sheet, provider: &Provider) {
    if provider.notes.is_empty() {
        return;
    }
    sheet.section("Also");
    let rows = provider
        .notes
        .iter()
        .map(|note| ["-".to_owned(), format!("{} {}", note.text, cited(provider.sources, note.sources))]);
    sheet.rows(rows);
}
