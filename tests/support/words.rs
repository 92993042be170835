//! The words of a line of text.

use backstock::proto;

use super::dates::seconds;

/// What is read, or what is not understood.
pub type Parsed<T> = Result<T, String>;

/// The words of a line, with quoted ones as one and commas apart.
pub struct Words {
    words: Vec<String>,
    at: usize,
}

impl Words {
    /// Splits a text.
    pub fn of(text: &str) -> Self {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for letter in text.chars() {
            match letter {
                '"' if quoted => {
                    words.push(std::mem::take(&mut word));
                    quoted = false;
                }
                '"' => quoted = true,
                _ if quoted => word.push(letter),
                ' ' | ',' => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    if letter == ',' {
                        words.push(",".to_owned());
                    }
                }
                _ => word.push(letter),
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        Self { words, at: 0 }
    }

    pub fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    /// The next word, commas skipped.
    pub fn next(&mut self) -> Option<String> {
        while self.peek() == Some(",") {
            self.at += 1;
        }
        self.at += 1;
        self.words.get(self.at - 1).cloned()
    }

    pub fn word(&mut self) -> Parsed<String> {
        self.next().ok_or_else(|| "a word is missing".to_owned())
    }

    pub fn number(&mut self) -> Parsed<i64> {
        let word = self.word()?;
        word.replace('_', "").parse().map_err(|_| format!("{word} is no number"))
    }

    pub fn take(&mut self, word: &str) -> bool {
        let is_next = self.peek() == Some(word);
        self.at += usize::from(is_next);
        is_next
    }

    pub fn seconds(&mut self) -> Parsed<i64> {
        let count = self.number()?;
        seconds(count, &self.word()?)
    }

    pub fn hold(&mut self) -> Parsed<Option<prost_types::Duration>> {
        Ok(Some(prost_types::Duration { seconds: self.seconds()?, nanos: 0 }))
    }

    pub fn policy(&mut self) -> Parsed<i32> {
        match self.word()?.as_str() {
            "together" => Ok(proto::ShipPolicy::Together.into()),
            "as_available" => Ok(proto::ShipPolicy::AsAvailable.into()),
            other => Err(format!("{other} is no ship policy")),
        }
    }

    pub fn line(&mut self, sku: String) -> Parsed<proto::Line> {
        Ok(proto::Line { sku, quantity: self.number()? })
    }

    /// The next number, as a small one.
    pub fn small(&mut self) -> Parsed<i32> {
        i32::try_from(self.number()?).map_err(|error| error.to_string())
    }
}

/// Says that a word is out of place.
pub fn unknown(word: &str) -> String {
    format!("{word} is not understood")
}
