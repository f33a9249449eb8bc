//! Bringing a database to the shape that this program needs.

use diesel::RunQueryDsl;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::DbConn;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Why the schema can't be brought up to date; the database says more.
#[derive(Debug, thiserror::Error)]
#[error("the database can't be migrated: {0}")]
pub struct MigrationError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// Runs every migration that the database has not seen and tells their names.
///
/// # Errors
/// A migration fails (it is undone), or the database was made by a newer program.
pub fn migrate(conn: &mut DbConn) -> Result<Vec<String>, MigrationError> {
    let run = match conn {
        #[cfg(feature = "postgres")]
        DbConn::Postgres(conn) => {
            // Several instances may start at once; the second waits, then finds nothing to do.
            use diesel::connection::SimpleConnection;
            conn.batch_execute("SELECT pg_advisory_lock(762301)")
                .map_err(|error| MigrationError(error.into()))?;
            let run = run_pending(conn, POSTGRES);
            conn.batch_execute("SELECT pg_advisory_unlock(762301)")
                .map_err(|error| MigrationError(error.into()))?;
            run
        }
        DbConn::Sqlite(conn) => run_pending(conn, SQLITE),
    };
    run.map_err(MigrationError)
}

fn run_pending<C, DB>(
    conn: &mut C,
    source: EmbeddedMigrations,
) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known = source.migrations()?;
    let applied = conn.applied_migrations()?;
    let newer = applied
        .iter()
        .find(|version| known.iter().all(|known| known.name().version() != **version));
    if let Some(version) = newer {
        return Err(format!("it has the migration {version}, which this program doesn't know: use a newer one").into());
    }
    Ok(conn
        .run_pending_migrations(source)?
        .iter()
        .map(ToString::to_string)
        .collect())
}

/// Whether there is nothing left to migrate. It only reads: diesel's own question creates its table where it is missing,
/// which a read-only connection of PostgreSQL refuses.
pub fn is_current(conn: &mut DbConn) -> Result<bool, MigrationError> {
    #[derive(diesel::QueryableByName)]
    struct Applied {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let known = match conn {
        #[cfg(feature = "postgres")]
        DbConn::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES),
        DbConn::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE),
    }?;
    let applied: Vec<Applied> = diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
        .load(conn)
        .map_err(|error| MigrationError(error.into()))?;
    Ok(known
        .iter()
        .all(|version| applied.iter().any(|applied| applied.version == *version)))
}

fn versions<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>, MigrationError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known = MigrationSource::<DB>::migrations(source).map_err(MigrationError)?;
    Ok(known.iter().map(|known| known.name().version().to_string()).collect())
}

/// Undoes every migration, newest first.
pub fn revert_all(conn: &mut DbConn) -> Result<(), MigrationError> {
    match conn {
        #[cfg(feature = "postgres")]
        DbConn::Postgres(conn) => conn.revert_all_migrations(POSTGRES).map(|_| ()),
        DbConn::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(|_| ()),
    }
    .map_err(MigrationError)
}
