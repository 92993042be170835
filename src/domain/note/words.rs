//! A note cut into words, numbers and marks, each with its place in the note.

/// A piece of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Letters, with straight apostrophes inside, in ASCII lower case.
    Word(String),
    /// ASCII digits.
    Number(Number),
    /// A hyphen, an en dash, or a relative of theirs.
    Dash,
    /// Anything else that is not space.
    Mark(char),
}

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// What it says; `u32::MAX` when it is larger.
    pub value: u32,
    /// How many digits it has.
    pub digits: usize,
}

#[derive(Clone, Debug)]
struct Token {
    from: usize,
    to: usize,
    /// Nothing stands between it and the token in front of it.
    glued: bool,
    piece: Piece,
}

/// A note and its tokens. Places are indexes of tokens; one behind the last is nothing.
pub(super) struct Text<'note> {
    note: &'note str,
    tokens: Vec<Token>,
}

/// Marks that make a number or word in front or behind part of something else: `#31`, `$5`, `5%`.
const BINDING: [char; 14] = ['#', '$', '€', '£', '¥', '%', '@', '+', '&', '_', '\\', '№', '°', '^'];

impl<'note> Text<'note> {
    /// Cuts a note, in one pass.
    pub(super) fn new(note: &'note str) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        let mut rest = note.char_indices().peekable();
        while let Some((from, first)) = rest.next() {
            if is_space(first) {
                continue;
            }
            let mut to = from + first.len_utf8();
            while let Some(&(at, next)) = rest.peek() {
                if !goes_on(first, next, &note[at..]) {
                    break;
                }
                to = at + next.len_utf8();
                rest.next();
            }
            let glued = tokens.last().is_some_and(|last| last.to == from);
            tokens.push(Token { from, to, glued, piece: piece(first, &note[from..to]) });
        }
        Self { note, tokens }
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The note's own words from one place up to another.
    pub(super) fn words(&self, from: usize, to: usize) -> &'note str {
        match (self.tokens.get(from), self.tokens.get(to.wrapping_sub(1))) {
            (Some(first), Some(last)) if from < to => &self.note[first.from..last.to],
            _ => "",
        }
    }

    /// The word at a place in lower case; "" where there is none.
    pub(super) fn word(&self, at: usize) -> &str {
        match self.tokens.get(at).map(|token| &token.piece) {
            Some(Piece::Word(word)) => word,
            _ => "",
        }
    }

    /// The word that ends in front of a place; "" where there is none.
    pub(super) fn word_before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |at| self.word(at))
    }

    /// Whether the word at a place is one of these.
    pub(super) fn is(&self, at: usize, words: &[&str]) -> bool {
        let word = self.word(at);
        !word.is_empty() && words.contains(&word)
    }

    /// Whether the word at a place stands in a list, which has spaces between its words.
    pub(super) fn is_listed(&self, at: usize, list: &str) -> bool {
        listed(list, self.word(at))
    }

    /// The place behind these words, where all of them stand here in this order.
    pub(super) fn past(&self, at: usize, words: &[&str]) -> Option<usize> {
        let all = words.iter().enumerate().all(|(index, word)| self.word(at + index) == *word);
        all.then_some(at + words.len())
    }

    /// The place itself, or the one behind where one of these words stands here.
    pub(super) fn skip(&self, at: usize, words: &[&str]) -> usize {
        if self.is(at, words) { at + 1 } else { at }
    }

    /// The number at a place.
    pub(super) fn number(&self, at: usize) -> Option<Number> {
        match self.tokens.get(at)?.piece {
            Piece::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether a dash stands here.
    pub(super) fn dash(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.piece == Piece::Dash)
    }

    /// Whether this mark stands here.
    pub(super) fn mark(&self, at: usize, mark: char) -> bool {
        self.tokens.get(at).is_some_and(|token| token.piece == Piece::Mark(mark))
    }

    /// Whether an apostrophe stands here.
    pub(super) fn apostrophe(&self, at: usize) -> bool {
        self.mark(at, '\'') || self.mark(at, '’')
    }

    /// Whether nothing stands between this token and the one in front of it.
    pub(super) fn glued(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.glued)
    }

    /// Whether a sentence, or a part of it between marks, ends in front of this place.
    pub(super) fn pause(&self, at: usize) -> bool {
        match self.tokens.get(at).map(|token| &token.piece) {
            Some(Piece::Mark(_)) | None => true,
            Some(Piece::Dash) => !self.glued(at) || !self.glued(at + 1),
            Some(_) => false,
        }
    }

    /// Whether what stands from one place up to another stands by itself: not inside of an article
    /// number, a price, a version or a word with a hyphen.
    pub(super) fn stands_alone(&self, from: usize, to: usize) -> bool {
        self.free_in_front(from) && self.free_behind(to)
    }

    fn free_in_front(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).filter(|_| self.glued(at)) else { return true };
        let joined = self.glued(before);
        match &self.tokens[before].piece {
            Piece::Word(_) | Piece::Number(_) => false,
            Piece::Dash | Piece::Mark('/') => !joined || self.is_long_dash(before),
            Piece::Mark('.' | ',' | ':' | '=') => {
                !joined || before.checked_sub(1).is_none_or(|at| self.number(at).is_none())
            }
            Piece::Mark(mark) => !BINDING.contains(mark),
        }
    }

    fn free_behind(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at).filter(|token| token.glued) else { return true };
        match &token.piece {
            Piece::Word(_) | Piece::Number(_) => false,
            Piece::Dash | Piece::Mark('/') => !self.glued(at + 1) || self.is_long_dash(at),
            Piece::Mark('.' | ',' | ':') => !self.glued(at + 1) || self.number(at + 1).is_none(),
            Piece::Mark(mark) => !BINDING.contains(mark),
        }
    }

    fn is_long_dash(&self, at: usize) -> bool {
        matches!(self.words(at, at + 1), "–" | "—" | "―")
    }
}

/// Whether a word stands in a list, which has spaces between its words.
pub(super) fn listed(list: &str, word: &str) -> bool {
    !word.is_empty() && list.split(' ').any(|known| known == word)
}

/// Spaces of all kinds, and the characters that only say where a line may or may not break.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether a token that began with `first` goes on with `next`, the first character of `rest`.
fn goes_on(first: char, next: char, rest: &str) -> bool {
    if first.is_ascii_digit() {
        next.is_ascii_digit()
    } else if first.is_alphabetic() {
        let inside = || rest.chars().nth(1).is_some_and(char::is_alphabetic);
        next.is_alphabetic() || (matches!(next, '\'' | '’') && inside())
    } else {
        false
    }
}

fn piece(first: char, text: &str) -> Piece {
    if first.is_ascii_digit() {
        Piece::Number(Number { value: text.parse().unwrap_or(u32::MAX), digits: text.len() })
    } else if first.is_alphabetic() {
        Piece::Word(text.to_ascii_lowercase().replace('’', "'"))
    } else if is_dash(first) {
        Piece::Dash
    } else {
        Piece::Mark(first)
    }
}
