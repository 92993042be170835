//! Tables for people, JSON for programs.

use std::sync::LazyLock;

use anyhow::Context;
use clap::ValueEnum;
use comfy_table::{Cell, CellAlignment, Table, presets};
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};

use super::messages::Named;
use crate::cli::terminal;
use crate::proto;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Aligned columns.
    Table,
    /// One message of the contract on each line.
    Json,
    /// Only for `plan show`: a file that `plan update` takes.
    #[value(hide = true)]
    Toml,
}

/// A column's heading, and on which side its cells stand.
#[derive(Clone, Copy, Debug)]
pub enum Column {
    /// Left.
    Text(&'static str),
    /// Right.
    Number(&'static str),
}

/// A table. Cells are never cut: whoever looks for an id needs all of it.
pub fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(columns.iter().map(|column| match column {
        Column::Text(name) | Column::Number(name) => Cell::new(name),
    }));
    for row in rows {
        table.add_row(row.into_iter().zip(columns).map(|(text, column)| match column {
            Column::Text(_) => Cell::new(text),
            Column::Number(_) => Cell::new(text).set_alignment(CellAlignment::Right),
        }));
    }
    table
}

/// One thing: a line for each of its facts. Facts that are empty are left out.
pub fn facts(facts: impl IntoIterator<Item = (&'static str, String)>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    let said = facts.into_iter().filter(|(_, value)| !value.is_empty());
    table.add_rows(said.map(|(name, value)| vec![name.to_owned(), value]));
    table
}

/// Prints an answer: the message as JSON, or what `shown` makes of it.
///
/// # Errors
/// Nobody reads stdout any more.
pub fn answer<M: Named>(
    output: Output,
    message: &M,
    shown: impl FnOnce(&M) -> Table,
) -> anyhow::Result<()> {
    match output {
        Output::Json => terminal::say(&json_line(message)?)?,
        Output::Table | Output::Toml => terminal::say(&shown(message).to_string())?,
    }
    Ok(())
}

/// A message as JSON in one line: the contract's field names, all of them; enums by name, instants
/// as RFC 3339, durations such as `900s`. Integers are numbers: none in the contract is beyond what
/// a double holds exactly.
///
/// # Errors
/// The message is not in the descriptors, which would be a fault of the build.
pub fn json_line<M: Named>(message: &M) -> anyhow::Result<String> {
    static POOL: LazyLock<Option<DescriptorPool>> =
        LazyLock::new(|| DescriptorPool::decode(proto::DESCRIPTORS).ok());
    let pool = POOL.as_ref().context("the contract's descriptors cannot be read")?;
    let name = format!("backstock.v1.{}", M::NAME);
    let descriptor = pool.get_message_by_name(&name).context(name)?;
    let dynamic = DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())?;
    let options = SerializeOptions::new()
        .stringify_64_bit_integers(false)
        .use_proto_field_name(true)
        .skip_default_fields(false);
    let mut serializer = serde_json::Serializer::new(Vec::new());
    dynamic.serialize_with_options(&mut serializer, &options)?;
    Ok(String::from_utf8(serializer.into_inner())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_the_contracts_names_and_every_field() {
        let program = proto::Program {
            program: "spring".into(),
            default_hold: Some(prost_types::Duration { seconds: 900, nanos: 0 }),
            default_ship_policy: proto::ShipPolicy::Together.into(),
            ..Default::default()
        };
        assert_eq!(
            json_line(&program).expect("known"),
            r#"{"program":"spring","display_name":"","default_hold":"900s","#.to_owned()
                + r#""max_backorder_listings":0,"default_ship_policy":"SHIP_POLICY_TOGETHER","#
                + r#""default_location":""}"#
        );
    }

    #[test]
    fn quantities_are_numbers_up_to_the_largest() {
        let item = proto::ItemStock { on_hand: 9_000_000_000_000_000, ..Default::default() };
        let json = json_line(&item).expect("known");
        assert!(json.contains(r#""on_hand":9000000000000000,"#), "{json}");
    }

    #[test]
    fn numbers_stand_right_and_nothing_is_cut() {
        let id = "x".repeat(64);
        let columns = [Column::Text("id"), Column::Number("units")];
        let text = table(&columns, [vec![id.clone(), "7".to_owned()]]).to_string();
        assert!(text.contains(&id) && text.contains("    7 │"), "{text}");
    }
}
