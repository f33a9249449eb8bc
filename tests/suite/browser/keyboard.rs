//! The same person with a keyboard and nothing else: what the Tab key doesn't reach is not there.

use thirtyfour::Key;

use super::driver::Browser;

impl Browser {
    /// Writes into the field with this label. In a list of options the words choose, as they do for anybody who types.
    pub async fn write(&self, label: &str, text: &str) {
        self.tab_to(label).await;
        self.keys(text).await;
    }

    /// Ticks the box with this label.
    pub async fn tick(&self, label: &str) {
        self.tab_to(label).await;
        self.key(Key::Space).await;
    }

    /// Goes to the one of several answers at which the Tab key stops, and from there to the wanted one.
    pub async fn answer(&self, first: &str, wanted: &str) {
        self.tick(first).await;
        for _ in 0..20 {
            if self.focused().await == wanted {
                return;
            }
            self.key(Key::Down).await;
        }
        panic!("the arrow keys do not reach {wanted:?} from {first:?}");
    }

    /// Follows a link or presses a button.
    pub async fn go(&self, name: &str) {
        self.tab_to(name).await;
        self.enter().await;
    }
}
