//! Diagnostics as text: the lines in question with what is wrong underlined.

use std::collections::BTreeMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diag::{Diagnostic, FileId, Label, Severity, SourceMap};

/// The most diagnostics that are shown one by one.
const MAX_SHOWN: usize = 100;

/// One diagnostic, without a newline at its end.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let primary = diagnostic.labels.first().map(|label| label.place.file);
    let mut files: BTreeMap<FileId, Vec<(usize, &Label)>> = BTreeMap::new();
    for (number, label) in diagnostic.labels.iter().enumerate() {
        files.entry(label.place.file).or_default().push((number, label));
    }
    let mut order: Vec<FileId> = files.keys().copied().collect();
    order.sort_by_key(|file| (Some(*file) != primary, *file));
    for file in order {
        let labels = &files[&file];
        let text = sources.text(file);
        let (start, end) = window(text, labels);
        let first_line = 1 + text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
        let mut snippet = Snippet::source(&text[start..end]).path(sources.name(file)).line_start(first_line);
        for (number, label) in labels {
            let kind = if *number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let span = label.place.span.start - start..label.place.span.end - start;
            let text = (!label.text.is_empty()).then_some(label.text.as_str());
            snippet = snippet.annotation(kind.span(span).label(text));
        }
        group = group.element(snippet);
    }
    for hint in &diagnostic.help {
        if !hint.is_empty() {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

/// The lines from the first to the last label: a large file is not walked for each diagnostic.
fn window(text: &str, labels: &[(usize, &Label)]) -> (usize, usize) {
    let first = labels.iter().map(|(_, label)| label.place.span.start).min().unwrap_or(0);
    let last = labels.iter().map(|(_, label)| label.place.span.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    (start, end)
}

/// All diagnostics, an empty line between them, and a closing line such as `3 errors in FILE`.
pub fn render_all(diagnostics: &[Diagnostic], sources: &SourceMap, color: bool) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MAX_SHOWN) {
        out.push_str(&render(diagnostic, sources, color));
        out.push_str("\n\n");
    }
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let mut parts = Vec::new();
    for (number, name) in [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")] {
        match number {
            0 => {}
            1 => parts.push(format!("1 {name}")),
            _ => parts.push(format!("{number} {name}s")),
        }
    }
    if parts.is_empty() {
        return out;
    }
    out.push_str(&parts.join(" and "));
    let mut files: Vec<FileId> = diagnostics
        .iter()
        .filter_map(|diagnostic| diagnostic.labels.first())
        .map(|label| label.place.file)
        .collect();
    files.sort_unstable();
    files.dedup();
    if !files.is_empty() {
        let names: Vec<&str> = files.iter().map(|file| sources.name(*file)).collect();
        out.push_str(" in ");
        out.push_str(&names.join(" and "));
    }
    if diagnostics.len() > MAX_SHOWN {
        out.push_str(&format!(", the first {MAX_SHOWN} are shown"));
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Place;

    #[test]
    fn names_file_line_and_column() {
        let mut sources = SourceMap::default();
        let file = sources.add("dir/a.toml", "# comment\nbandwith = 1\n");
        let place = Place { file, span: 10..18 };
        let fault = Diagnostic::error("E0102", "unknown key `bandwith`")
            .at(place, "not a key")
            .help("did you mean `bandwidth`?");
        let text = render_all(std::slice::from_ref(&fault), &sources, false);
        assert!(text.contains("dir/a.toml:2:1"), "{text}");
        assert!(text.contains("error[E0102]: unknown key `bandwith`"), "{text}");
        assert!(text.contains("help: did you mean `bandwidth`?"), "{text}");
        assert!(text.ends_with("1 error in dir/a.toml\n"), "{text}");
        assert!(render(&fault, &sources, true).contains('\u{1b}'));
    }

    #[test]
    fn spans_at_the_end_of_a_file_can_be_shown() {
        let mut sources = SourceMap::default();
        let file = sources.add("a.toml", "a = ");
        let fault = Diagnostic::error("E0101", "nothing").at(Place { file, span: 4..4 }, "here");
        assert!(render(&fault, &sources, false).contains("a.toml:1:5"));
        let empty = sources.add("b.toml", "");
        let fault = Diagnostic::error("E0101", "nothing").at(Place { file: empty, span: 0..0 }, "here");
        assert!(render(&fault, &sources, false).contains("b.toml:1:1"));
    }
}
