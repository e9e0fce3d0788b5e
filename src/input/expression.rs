//! Integer arithmetic inside patterns: `{h}`, `{h+1}`, `{h%8}`, `{(h*2+1)/4}`.
//!
//! `*`, `/` and `%` bind tighter than `+` and `-`; equal ones go left to right; parentheses are
//! allowed. Division is whole-numbered. The result may not be negative.

use super::pattern::PatternFault;

/// How deep parentheses and signs may nest.
const MAX_DEPTH: usize = 32;

/// An expression; variables are numbered as in the list that its parser made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// A number.
    Number(i64),
    /// A variable.
    Variable(usize),
    /// Two operands and what joins them.
    Binary(char, Box<[Self; 2]>),
}

impl Expression {
    /// Its value, or why there is none.
    pub(super) fn value(&self, variables: &impl Fn(usize) -> i64) -> Result<i64, String> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Variable(variable) => Ok(variables(*variable)),
            Self::Binary(operator, operands) => {
                let (a, b) = (operands[0].value(variables)?, operands[1].value(variables)?);
                let value = match operator {
                    '+' => a.checked_add(b),
                    '-' => a.checked_sub(b),
                    '*' => a.checked_mul(b),
                    _ if b == 0 => return Err(format!("divides {a} by zero")),
                    '/' => a.checked_div(b),
                    _ => a.checked_rem(b),
                };
                value.ok_or_else(|| "is too large".to_owned())
            }
        }
    }
}

/// Reads an expression; new variables are added to `names` with the place of their first use.
pub(super) struct Parser<'t> {
    text: &'t str,
    /// Where `text` begins in the pattern.
    offset: usize,
    at: usize,
    names: &'t mut Vec<(String, usize)>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str, offset: usize, names: &'t mut Vec<(String, usize)>) -> Self {
        Self { text, offset, at: 0, names }
    }

    /// The whole text as one expression.
    pub(super) fn parse(mut self) -> Result<Expression, PatternFault> {
        let expression = self.sum(0)?;
        match self.peek() {
            None => Ok(expression),
            Some(found) => Err(self.fault(&format!("unexpected `{found}`"))),
        }
    }

    fn fault(&self, message: &str) -> PatternFault {
        let here = self.offset + self.at;
        let width = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        PatternFault::new(here..here + width, message)
    }

    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn sum(&mut self, depth: usize) -> Result<Expression, PatternFault> {
        self.row(depth, &['+', '-'], Self::product)
    }

    fn product(&mut self, depth: usize) -> Result<Expression, PatternFault> {
        self.row(depth, &['*', '/', '%'], Self::operand)
    }

    fn row(
        &mut self,
        depth: usize,
        operators: &[char],
        next: fn(&mut Self, usize) -> Result<Expression, PatternFault>,
    ) -> Result<Expression, PatternFault> {
        let mut left = next(self, depth)?;
        let mut length = 0;
        while let Some(operator) = self.peek().filter(|c| operators.contains(c)) {
            self.at += 1;
            length += 1;
            if length > MAX_DEPTH {
                return Err(self.fault("the expression is too long"));
            }
            left = Expression::Binary(operator, Box::new([left, next(self, depth)?]));
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, PatternFault> {
        if depth > MAX_DEPTH {
            return Err(self.fault("too many parentheses"));
        }
        let first = self.peek();
        let start = self.at;
        let rest = &self.text[start..];
        match first {
            Some('(') => {
                self.at += 1;
                let inner = self.sum(depth + 1)?;
                if self.peek() != Some(')') {
                    return Err(self.fault("expected `)`"));
                }
                self.at += 1;
                Ok(inner)
            }
            Some(c) if c.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let number = rest[..end].parse().map_err(|_| self.fault("the number is too large"))?;
                self.at += end;
                Ok(Expression::Number(number))
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let name = &rest[..end];
                self.at += end;
                let known = self.names.iter().position(|(known, _)| known == name);
                Ok(Expression::Variable(known.unwrap_or_else(|| {
                    self.names.push((name.to_owned(), self.offset + start));
                    self.names.len() - 1
                })))
            }
            Some(found) => Err(self.fault(&format!("unexpected `{found}`, expected a number or a variable"))),
            None => Err(self.fault("expected a number or a variable")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, h: i64) -> Result<i64, String> {
        let mut names = Vec::new();
        let parsed = Parser::new(text, 0, &mut names).parse().map_err(|fault| fault.message)?;
        parsed.value(&|_| h)
    }

    #[test]
    fn follows_precedence() {
        assert_eq!(value("h*2+1", 3), Ok(7));
        assert_eq!(value("1+h*2", 3), Ok(7));
        assert_eq!(value("(1+h)*2", 3), Ok(8));
        assert_eq!(value("h/4%2", 13), Ok(1));
        assert_eq!(value("10-h-2", 3), Ok(5));
        assert!(value("h/(h-h)", 3).is_err());
        assert!(value("h+", 3).is_err());
        assert!(value("h h", 3).is_err());
        assert!(value(&"(".repeat(100_000), 3).is_err());
        assert!(value(&"h+".repeat(100_000), 3).is_err());
        assert!(value("9223372036854775807*9", 1).is_err());
    }
}
