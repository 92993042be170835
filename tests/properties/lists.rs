//! What the store's lists show, against the in-memory world's.

use backstock::domain::{Inbound, ReservationId, Sku};
use backstock::proto;
use backstock::store::read::{InboundPlace, ReservationFilter, ReservationPlace};
use chrono::TimeDelta;
use prost::Message;

use crate::store::Pair;

/// Rows of a page: few, so that lists have several.
const PAGE: i64 = 3;

impl Pair {
    /// Compares what lists show.
    pub async fn compare_lists(&self, skus: &[Sku]) -> Result<(), String> {
        if self.world.program.is_none() {
            return Ok(());
        }
        let today = self.world.now.date_naive();
        let any = || proto::ListReservationsRequest::default();
        let mut asked = vec![
            any(),
            proto::ListReservationsRequest { overdue: true, ..any() },
            proto::ListReservationsRequest { ship_by_to: "2999-01-01".to_owned(), ..any() },
            proto::ListReservationsRequest {
                ship_by_from: (today + TimeDelta::days(6)).to_string(),
                ship_by_to: (today + TimeDelta::days(30)).to_string(),
                ..any()
            },
        ];
        for sku in skus {
            let sku = sku.to_string();
            asked.push(proto::ListReservationsRequest { sku: sku.clone(), ..any() });
            asked.push(proto::ListReservationsRequest { sku, overdue: true, ..any() });
        }
        for request in asked {
            self.compare_reservations(&request).await?;
        }
        self.compare_inbounds().await?;
        self.compare_suggestions().await
    }

    async fn compare_reservations(
        &self,
        request: &proto::ListReservationsRequest,
    ) -> Result<(), String> {
        let body = self.world.list_reservations(request);
        let list = proto::ListReservationsResponse::decode(&body.bytes[..]).expect("a list");
        let model: Vec<String> =
            list.reservations.into_iter().map(|shown| shown.reservation_id).collect();
        // The store's dates lie so many days before the model's.
        let date = |text: &str| {
            let date = backstock::domain::plan::parse_date(text);
            date.map(|date| date - TimeDelta::days(self.days()))
        };
        let filter = ReservationFilter {
            sku: Sku::parse(&request.sku),
            ship_by_from: date(&request.ship_by_from),
            ship_by_to: date(&request.ship_by_to),
            overdue: request.overdue,
        };
        let mut place = Some(ReservationPlace::start(&filter));
        let mut stored: Vec<ReservationId> = Vec::new();
        while let Some(from) = place {
            let page = self.store.reservations(&self.program, filter.clone(), from, PAGE).await;
            let page = page.map_err(|error| format!("{error:?}"))?;
            stored.extend(page.views.into_iter().map(|view| view.reservation.id));
            place = page.next;
        }
        let stored: Vec<String> = stored.iter().map(ToString::to_string).collect();
        match model == stored {
            true => Ok(()),
            false => Err(format!("{request:?} lists\n  model {model:?}\n  store {stored:?}")),
        }
    }

    async fn compare_inbounds(&self) -> Result<(), String> {
        for open_only in [false, true] {
            let (mut place, mut stored) = (Some(InboundPlace::default()), Vec::new());
            while let Some(from) = place {
                let page = self.store.inbounds(&self.program, None, open_only, from, PAGE).await;
                let page = page.map_err(|error| format!("{error:?}"))?;
                stored.extend(page.inbounds);
                place = page.next;
            }
            let key = |(sku, of): &(Sku, Inbound)| (sku.to_string(), of.id.to_string(), of.left());
            let stored: Vec<_> = stored.iter().map(key).collect();
            let request = proto::ListInboundRequest { open_only, ..Default::default() };
            let body = self.world.list_inbounds(&request);
            let list = proto::ListInboundResponse::decode(&body.bytes[..]).expect("a list");
            let model = list.inbound.into_iter().map(|of| (of.sku, of.inbound_id, of.left));
            let model: Vec<_> = model.collect();
            if model != stored {
                return Err(format!("inbound:\n  model {model:?}\n  store {stored:?}"));
            }
        }
        Ok(())
    }

    async fn compare_suggestions(&self) -> Result<(), String> {
        let body = self.world.suggestions(&proto::SuggestPurchaseRequest::default());
        let list = proto::SuggestPurchaseResponse::decode(&body.bytes[..]).expect("a list");
        let model: Vec<_> = list
            .suggestions
            .into_iter()
            .map(|of| (of.sku, of.quantity, of.refused, of.refused_calls))
            .collect();
        let page = self.store.suggestions(&self.program, &[], 30, "", 100).await;
        let page = page.map_err(|error| format!("{error:?}"))?.suggestions;
        let stored: Vec<_> = page
            .into_iter()
            .map(|of| (of.sku.clone(), of.quantity(), of.refused, of.refused_calls))
            .collect();
        match model == stored {
            true => Ok(()),
            false => Err(format!("suggestions:\n  model {model:?}\n  store {stored:?}")),
        }
    }
}
