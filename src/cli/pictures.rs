//! Pictures of many things, each under a name of its own.

use std::collections::BTreeSet;

use super::exit::{Exit, Failure};
use super::files::{OutDir, safe_name};
use crate::report::draw::{DrawError, Picture};

/// Writes a picture as SVG and PNG.
pub(super) fn write_picture(out: &mut OutDir, picture: &Picture) -> Result<(), Failure> {
    let name = safe_name(&picture.name);
    out.write(&format!("{name}.svg"), picture.svg.as_bytes())?;
    out.write(&format!("{name}.png"), &picture.png)
}

/// A plot that cannot be drawn.
pub(super) fn undrawn(name: &str, error: &DrawError) -> Failure {
    Failure::Message(Exit::Incomplete, format!("cannot draw the plot `{name}`: {error}"))
}

/// The pictures of a folder.
pub(super) struct Pictures<'a> {
    out: &'a mut OutDir,
    taken: BTreeSet<String>,
}

impl<'a> Pictures<'a> {
    /// None yet.
    pub(super) fn new(out: &'a mut OutDir) -> Self {
        Self { out, taken: BTreeSet::new() }
    }

    /// Writes one that was drawn. What has nothing to draw, such as a run of barriers, gets none.
    pub(super) fn keep(&mut self, name: &str, drawn: Result<Picture, DrawError>) -> Result<(), Failure> {
        let mut picture = match drawn {
            Ok(picture) => picture,
            Err(DrawError::Nothing(_)) => return Ok(()),
            Err(error) => return Err(undrawn(name, &error)),
        };
        picture.name = untaken(name, &self.taken);
        write_picture(self.out, &picture)?;
        self.taken.insert(picture.name);
        Ok(())
    }

    /// How many they are, in words.
    pub(super) fn count(&self) -> String {
        let noun = if self.taken.len() == 1 { "plot" } else { "plots" };
        format!("{} {noun} as SVG and PNG", self.taken.len())
    }
}

/// The name as a file name that no other plot has: with a number behind it where one has.
fn untaken(name: &str, taken: &BTreeSet<String>) -> String {
    let name = safe_name(name);
    let numbered = (2..).map(|number: u32| format!("{name}-{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        Picture { name: "drawn".into(), svg: "svg".into(), png: b"png".to_vec() }
    }

    #[test]
    fn plots_of_one_name_do_not_overwrite_each_other() {
        let place = tempfile::tempdir().unwrap();
        let mut out = OutDir::open(place.path()).unwrap();
        let mut pictures = Pictures::new(&mut out);
        pictures.keep("a", Ok(picture())).unwrap();
        assert_eq!(pictures.count(), "1 plot as SVG and PNG");
        pictures.keep("a", Err(DrawError::Nothing("nothing".into()))).unwrap();
        for name in ["a", "b", "a", "../a"] {
            pictures.keep(name, Ok(picture())).unwrap();
        }
        assert_eq!(pictures.count(), "5 plots as SVG and PNG");
        for name in ["a.svg", "a.png", "a-2.svg", "a-3.svg", "b.svg", "-a.svg"] {
            assert!(place.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_plot_that_fails_is_told() {
        let place = tempfile::tempdir().unwrap();
        let mut out = OutDir::open(place.path()).unwrap();
        let failed = Pictures::new(&mut out).keep("a", Err(DrawError::Backend("no font".into())));
        let Err(Failure::Message(Exit::Incomplete, told)) = failed else { panic!("{failed:?}") };
        assert_eq!(told, "cannot draw the plot `a`: failed to draw: no font");
    }
}
