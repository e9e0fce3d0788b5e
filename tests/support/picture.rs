//! What every picture must keep to: sane numbers, and no text outside it or on another.

use std::path::Path;
use std::sync::Arc;

use railspine::report::draw::Picture;
use resvg::usvg::{Group, Node, Options, Rect, Tree, fontdb};

fn options() -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    for file in ["Inter-Regular.otf", "Inter-Bold.otf"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/draw/font").join(file);
        fonts.load_font_data(std::fs::read(path).expect("the font is in the repository"));
    }
    Options { fontdb: Arc::new(fonts), ..Options::default() }
}

fn texts(group: &Group, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => texts(group, found),
            Node::Text(text) => {
                let words: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                found.push((words, text.abs_bounding_box()));
            }
            _ => {}
        }
    }
}

/// Checks a picture, and leaves it in `target/tmp/FOLDER` to be looked at.
pub(crate) fn check(folder: &str, label: &str, picture: &Picture) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    std::fs::write(folder.join(format!("{label}.png")), &picture.png)
        .expect("the target folder can be written");
    std::fs::write(folder.join(format!("{label}.svg")), &picture.svg)
        .expect("the target folder can be written");
    assert!(!picture.svg.contains("NaN") && !picture.svg.contains("inf\""), "{label}: not a number");
    let tree = Tree::from_str(&picture.svg, &options()).expect("the SVG can be read");
    let mut found = Vec::new();
    texts(tree.root(), &mut found);
    assert!(found.len() >= 4, "{label}: title, axis and ticks at least");
    let (width, height) = (tree.size().width(), tree.size().height());
    // `abs_bounding_box` is of the line, not of the ink, in height; half a pixel of slack is not seen.
    for (i, (text, a)) in found.iter().enumerate() {
        assert!(
            a.left() >= 2.0 && a.top() >= 0.0 && a.right() <= width - 2.0 && a.bottom() <= height,
            "{label}: `{text}` at {a:?} leaves the picture of {width} x {height}"
        );
        for (other, b) in &found[i + 1..] {
            let apart = a.right() <= b.left() + 0.5
                || b.right() <= a.left() + 0.5
                || a.bottom() <= b.top() + 3.0
                || b.bottom() <= a.top() + 3.0;
            assert!(apart, "{label}: `{text}` at {a:?} and `{other}` at {b:?}");
        }
    }
}
