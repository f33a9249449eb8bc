-- Who asked for a link to set a new password, until that was answered. Whether there is such an account is not looked up before.
CREATE TABLE link_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  email TEXT NOT NULL,
  address TEXT NOT NULL,
  request_id TEXT NOT NULL,
  asked_at TIMESTAMP NOT NULL
);
