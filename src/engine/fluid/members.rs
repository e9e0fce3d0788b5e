//! The flows on a resource. Most often that is one, which is kept in place.

use super::flows::NONE;

/// A flow on a resource: its lane, its weight there, and where its path says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) lane: u32,
    pub(super) weight: u32,
    /// Slot of this hop among those of all lanes.
    pub(super) slot: u32,
}

/// All flows on a resource, in no order.
#[derive(Debug, Clone)]
pub(super) struct Members {
    /// The only one, where there is one only.
    one: Member,
    /// All of them, where there are several.
    several: Vec<Member>,
}

impl Default for Members {
    fn default() -> Self {
        Self { one: Member { lane: NONE, weight: 0, slot: 0 }, several: Vec::new() }
    }
}

impl Members {
    /// All of them.
    #[inline]
    pub(super) fn all(&self) -> &[Member] {
        if !self.several.is_empty() {
            &self.several
        } else if self.one.lane != NONE {
            std::slice::from_ref(&self.one)
        } else {
            &[]
        }
    }

    /// Whether there is none.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.one.lane == NONE && self.several.is_empty()
    }

    /// Whether there are several.
    #[inline]
    pub(super) fn several(&self) -> bool {
        !self.several.is_empty()
    }

    /// The lane of the only one, where there is one only.
    #[inline]
    pub(super) fn only(&self) -> Option<u32> {
        (self.one.lane != NONE).then_some(self.one.lane)
    }

    /// Adds one. `places` has by slot where each stands, where there are several.
    #[inline]
    pub(super) fn add(&mut self, member: Member, places: &mut [u32]) {
        if self.is_empty() {
            self.one = member;
            return;
        }
        if self.several.is_empty() {
            places[self.one.slot as usize] = 0;
            self.several.push(self.one);
            self.one.lane = NONE;
        }
        places[member.slot as usize] = self.several.len() as u32;
        self.several.push(member);
    }

    /// Takes out that of a slot.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32, places: &mut [u32]) {
        if self.several.is_empty() {
            self.one.lane = NONE;
            return;
        }
        let place = places[slot as usize];
        self.several.swap_remove(place as usize);
        if let Some(moved) = self.several.get(place as usize) {
            places[moved.slot as usize] = place;
        }
        if let [one] = self.several[..] {
            self.one = one;
            self.several.clear();
        }
    }
}
