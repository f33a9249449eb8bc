//! Files that a partner keeps with a lead: what may be one, who adds, reads and removes it.

mod keep;
pub mod kind;
mod office;
mod read;
mod uploads;

pub use keep::{AttachError, MOST_PER_LEAD, NewAttachment, QUOTA, attach, remove};
pub use read::{Attachment, Content, content, of_lead, of_lead_for_staff, staff_content};
pub use uploads::{Upload, Uploads};
