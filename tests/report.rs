//! Tables, JSON, CSV and pictures of synthetic results.

#[path = "support/picture.rs"]
mod picture;
#[path = "report/pictures.rs"]
mod pictures;
#[path = "report/synthetic.rs"]
mod synthetic;
#[path = "report/texts.rs"]
mod texts;
