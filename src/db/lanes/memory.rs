//! What a reader was told, for as long as nothing is written: a question that many pages ask is asked once between two
//! writes. SQLite tells a connection whether anybody wrote to the file since it looked last, PostgreSQL which
//! transactions the running one sees, so that what is remembered is what that would read.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

use diesel::QueryResult;

use crate::db::DbConn;

/// So many answers to one kind of question are remembered.
const MOST: usize = 1_000;

thread_local! {
    /// That of the connection which this thread holds; threads that are no readers have none.
    static MEMORY: RefCell<Option<Memory>> = const { RefCell::new(None) };
}

/// What one connection was told.
#[derive(Default)]
pub(super) struct Memory {
    /// The state of the file that the answers are about.
    version: String,
    /// Whether the running transaction has seen that state.
    is_current: bool,
    /// A map of answers for each kind of question.
    answers: HashMap<TypeId, Box<dyn Any + Send>>,
}

/// Lets this thread remember what its new connection tells.
pub(super) fn begin(remembers: bool) {
    MEMORY.set(remembers.then(Memory::default));
}

/// A new transaction may see another state.
pub(super) fn turn() {
    MEMORY.with_borrow_mut(|memory| {
        if let Some(memory) = memory {
            memory.is_current = false;
        }
    });
}

/// Lets this thread use the memory of a connection while it works with that.
pub(super) fn lend<T>(memory: &mut Memory, work: impl FnOnce() -> T) -> T {
    let own = MEMORY.replace(Some(std::mem::take(memory)));
    turn();
    let done = work();
    *memory = MEMORY.replace(own).unwrap_or_default();
    done
}

/// The answer to a question, asked again only when something was written since. The type of `key` names the kind of
/// question; the answer may rest on nothing but the key and the database: not on the time.
pub fn remembered<K, V>(conn: &mut DbConn, key: K, ask: impl FnOnce(&mut DbConn) -> QueryResult<V>) -> QueryResult<V>
where
    K: Hash + Eq + Send + 'static,
    V: Clone + Send + 'static,
{
    if !is_ready(conn)? {
        return ask(conn);
    }
    let kind = TypeId::of::<HashMap<K, V>>();
    let known = MEMORY.with_borrow(|memory| {
        let answers = memory.as_ref()?.answers.get(&kind)?;
        answers.downcast_ref::<HashMap<K, V>>()?.get(&key).cloned()
    });
    if let Some(answer) = known {
        return Ok(answer);
    }
    let answer = ask(conn)?;
    MEMORY.with_borrow_mut(|memory| {
        let answers = &mut memory.as_mut()?.answers;
        let answers = answers.entry(kind).or_insert_with(|| Box::new(HashMap::<K, V>::new()));
        let answers = answers.downcast_mut::<HashMap<K, V>>()?;
        if answers.len() >= MOST {
            answers.clear();
        }
        answers.insert(key, answer.clone())
    });
    Ok(answer)
}

/// Whether there is a memory. What it holds is about the state that the running transaction sees.
fn is_ready(conn: &mut DbConn) -> QueryResult<bool> {
    let is_current = MEMORY.with_borrow(|memory| memory.as_ref().map(|memory| memory.is_current));
    if is_current != Some(false) {
        return Ok(is_current.is_some());
    }
    let version = conn.version()?;
    MEMORY.with_borrow_mut(|memory| {
        if let Some(memory) = memory {
            if memory.version != version {
                memory.answers.clear();
                memory.version = version;
            }
            memory.is_current = true;
        }
    });
    Ok(true)
}
