//! A plan as a file that `plan update` takes.

use toml_writer::ToTomlValue;

use crate::cli::manage::input::{duration_text, short};
use crate::proto;

/// The plan as TOML. What only the server decides stands in a comment.
pub fn toml(plan: &proto::Plan) -> String {
    let mut lines = vec![format!(
        "# Version {}, {}: {} of at most {} units backordered.",
        plan.version,
        short(plan.state().as_str_name(), "PLAN_STATE_"),
        plan.backordered,
        plan.effective_cap,
    )];
    let mut line = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{name} = {value}"));
        }
    };
    line("sku", quoted(&plan.sku));
    line("cap", plan.cap.to_string());
    line("cap_by_inbound", plan.cap_by_inbound.to_string());
    line("opens_at", instant(plan.opens_at.as_ref()));
    line("closes_at", instant(plan.closes_at.as_ref()));
    line("ship_by", plan.ship_by.clone());
    line("note", quoted(&plan.note));
    line("allowance", plan.allowance.to_string());
    line("customer_limit", plan.customer_limit.to_string());
    if let Some(answers) = &plan.delay_answers {
        let silence = answers.on_silence().as_str_name().trim_start_matches("ON_SILENCE_");
        line("\n[delay_answers]\nanswer_within", within(answers));
        line("on_silence", quoted(&silence.to_lowercase()));
    }
    for stage in &plan.timeline {
        line("\n[[timeline]]\nname", quoted(&stage.name));
        line("date", stage.date.clone());
    }
    lines.join("\n")
}

fn within(answers: &proto::DelayAnswers) -> String {
    quoted(&answers.answer_within.as_ref().map(duration_text).unwrap_or_default())
}

/// To the last digit: an update must not move it.
fn instant(instant: Option<&prost_types::Timestamp>) -> String {
    instant.map(ToString::to_string).unwrap_or_default()
}

fn quoted(text: &str) -> String {
    text.to_toml_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::manage::plan::file;

    #[test]
    fn what_is_written_is_read_back() {
        let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let stage = |name: &str| proto::Stage { name: name.into(), date: "2027-01-05".into() };
        let mut plan = proto::Plan {
            sku: "TEE-M".into(),
            cap: 80,
            opens_at: Some(prost_types::Timestamp { seconds: 1_798_761_600, nanos: 955_205_000 }),
            closes_at: time(1_800_000_000),
            ship_by: "2027-01-31".into(),
            note: "In production,\nships \"end of January\" — \u{7f}\t'so'".into(),
            allowance: 8,
            cap_by_inbound: true,
            customer_limit: 4,
            timeline: vec![stage("ordered"), stage("in \\ production")],
            version: 3,
            state: proto::PlanState::Open.into(),
            effective_cap: 80,
            backordered: 12,
            delay_answers: Some(proto::DelayAnswers {
                answer_within: Some(prost_types::Duration { seconds: 1_209_600, nanos: 0 }),
                on_silence: proto::OnSilence::ByClass.into(),
            }),
        };
        let text = toml(&plan);
        assert!(text.starts_with("# Version 3, open: 12 of at most 80"), "{text}");
        let read = file::parse(&text);
        assert_eq!(read.faults, []);
        (plan.version, plan.state, plan.effective_cap, plan.backordered) = (0, 0, 0, 0);
        assert_eq!(read.plan, plan);
    }
}
