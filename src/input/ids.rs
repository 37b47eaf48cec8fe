//! Keeps document ids apart within a run.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::document::Document;

/// The ids seen in a run so far. Holds 20 bytes an id, not the ids themselves.
#[derive(Debug, Default)]
pub struct Ids(HashMap<[u8; 16], u32>);

impl Ids {
    /// Gives the document an id of its own: `ID`, then `ID~2`, `ID~3`, in the
    /// order of the calls, which must be the reading order.
    pub fn admit(&mut self, doc: &mut Document) {
        let key = key(&doc.id);
        let Some(seen) = self.0.get(&key).copied() else {
            self.0.insert(key, 1);
            return;
        };
        let mut n = seen;
        let fresh = loop {
            n += 1;
            let candidate = format!("{}~{n}", doc.id);
            if !self.0.contains_key(&self::key(&candidate)) {
                break candidate;
            }
        };
        self.0.insert(key, n);
        self.0.insert(self::key(&fresh), 1);
        doc.id = fresh;
    }
}

fn key(id: &str) -> [u8; 16] {
    let hash = Sha256::digest(id.as_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&hash[..16]);
    out
}
