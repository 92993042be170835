//! Programmes, locations and items' settings.

use tracing::Instrument;

use crate::domain::command::ItemSettings;
use crate::domain::program::Place;
use crate::domain::{Program, ProgramId};
use crate::store::rows::{PlaceRow, ProgramRow, item_settings};
use crate::store::statement;
use crate::store::{Failure, Store};

impl Store {
    /// A programme with its locations, in the order they are drawn.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn program(
        &self,
        program: &ProgramId,
    ) -> Result<Option<(Program, Vec<Place>)>, Failure> {
        let (pool, program) = (self.pool.clone(), program.clone());
        self.detached(async move {
            let row: ProgramRow = sqlx::query_as(include_str!("../sql/load_program.sql"))
                .bind(program.as_str())
                .fetch_one(&pool)
                .instrument(statement("load_program"))
                .await?;
            let Some(settings) = row.program() else { return Ok(None) };
            let places: Vec<PlaceRow> = sqlx::query_as(include_str!("../sql/load_places.sql"))
                .bind(program.as_str())
                .fetch_all(&pool)
                .instrument(statement("load_places"))
                .await?;
            Ok(Some((settings, places.into_iter().map(Into::into).collect())))
        })
        .await
    }

    /// A page of a programme's items behind `behind`, at most `limit`.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn items(
        &self,
        program: &ProgramId,
        behind: &str,
        limit: i64,
    ) -> Result<Vec<ItemSettings>, Failure> {
        let (pool, program, behind) = (self.pool.clone(), program.clone(), behind.to_owned());
        let rows: Vec<(String, String, String, i64, i64)> = self
            .detached(async move {
                sqlx::query_as(include_str!("../sql/list_items.sql"))
                    .bind(program.as_str())
                    .bind(behind)
                    .bind(limit)
                    .fetch_all(&pool)
                    .instrument(statement("list_items"))
                    .await
            })
            .await?;
        Ok(rows.into_iter().map(item_settings).collect())
    }
}
