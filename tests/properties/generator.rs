//! Random histories, as text in the language of the scenarios, so that one that fails can be read
//! and pasted.

/// A source of random numbers that only its seed decides (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `least` to `most`.
    pub fn range(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.range(1, n) == 1
    }

    /// One of some words.
    pub fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[usize::try_from(self.range(0, words.len() as u64 - 1)).expect("an index")]
    }
}

const SKUS: [&str; 4] = ["A", "B", "C", "D"];
const PLACES: [&str; 3] = ["main", "east", "west"];
const REASONS: [&str; 4] = ["damaged", "lost", "found", "returned"];

/// A history under construction.
struct Author {
    dice: Dice,
    lines: Vec<String>,
    made: u64,
    receipts: u64,
    /// Days that were waited.
    days: u64,
    skus: usize,
}

/// The history of a seed, of about `length` lines.
pub fn history(seed: u64, length: usize) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let skus = usize::try_from(dice.range(1, 4)).expect("few");
    let lines = Vec::new();
    let mut author = Author { dice, lines, made: 0, receipts: 0, days: 0, skus };
    author.opening();
    while author.lines.len() < length {
        author.line();
    }
    author.lines
}

impl Author {
    fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn sku(&mut self) -> &'static str {
        let skus = self.skus;
        self.dice.pick(&SKUS[..skus])
    }

    fn opening(&mut self) {
        let policy = self.dice.pick(&["", " ships as_available", " listings 2"]);
        self.say(format!("program hold 15 minutes{policy}"));
        if self.dice.one_in(2) {
            self.say("location east 1, west 2");
        } else {
            self.say("location east 0, west -1");
        }
        let skus = self.skus;
        let items: Vec<String> = SKUS[..skus].iter().map(|sku| self.settings(sku)).collect();
        self.say(format!("item {}", items.join(", ")));
    }

    fn settings(&mut self, sku: &str) -> String {
        let listing = if self.dice.one_in(4) { " listing L" } else { "" };
        let safety = if self.dice.one_in(3) { self.dice.range(1, 4) } else { 0 };
        let low = if self.dice.one_in(3) { " low 3" } else { "" };
        format!("{sku} safety {safety}{low}{listing}")
    }

    fn line(&mut self) {
        let line = match self.dice.range(1, 126) {
            1..=16 => self.reserve(),
            17..=34 => self.backorder(),
            35..=46 => self.receive(),
            47..=56 => self.release(),
            57..=66 => self.confirm(),
            67..=71 => self.ship(),
            72..=80 => self.adjust(),
            81..=84 => self.plan("plan"),
            85..=86 => self.plan("update plan"),
            87 => format!("close {}", self.sku()),
            88..=89 => {
                let sku = self.sku();
                format!("item {}", self.settings(sku))
            }
            90..=91 => {
                format!("extend {} hold {} minutes", self.reservation(), self.dice.range(1, 40))
            }
            92..=95 => format!("wait {} minutes", self.dice.range(1, 12)),
            96..=99 => return self.lapse(),
            100 => format!("location {} {}", self.dice.pick(&PLACES), self.dice.range(0, 3)),
            101..=105 => self.supply("inbound"),
            106..=109 => self.supply("update inbound"),
            110 => self.supply("cancel inbound"),
            111..=112 => {
                let answer = self.dice.pick(&["keep", "cancel"]);
                format!("answer {} {} {answer}", self.reservation(), self.sku())
            }
            113..=115 => {
                let days = self.dice.range(1, 3);
                self.days += days;
                format!("wait {days} days")
            }
            _ => format!("settle {}", self.sku()),
        };
        self.say(line);
    }

    fn confirm(&mut self) -> String {
        let call = format!("confirm {}", self.reservation());
        match self.dice.one_in(3) {
            true => format!("{call} shown {} {}", self.sku(), self.day(12)),
            false => call,
        }
    }

    /// A day from today on, at most so many days away.
    fn day(&mut self, most: u64) -> String {
        format!("+{}d", self.days + self.dice.range(0, most))
    }

    /// Few numbers, so that many calls name the same supply.
    fn supply(&mut self, deed: &str) -> String {
        let (id, sku, units) = (self.dice.range(1, 3), self.sku(), self.dice.range(1, 12));
        format!("{deed} I{id} {sku} {units} ships {}", self.day(12))
    }

    /// Holds run out, and some are confirmed all the same while goods arrive.
    fn lapse(&mut self) {
        let minutes = self.dice.range(10, 31);
        self.say(format!("wait {minutes} minutes"));
        for _ in 0..self.dice.range(1, 4) {
            let line = match self.dice.range(1, 3) {
                1 => self.receive(),
                _ => format!("confirm {}", self.reservation()),
            };
            self.say(line);
        }
    }

    /// One that was made, most often a late one.
    fn reservation(&mut self) -> String {
        let most = self.made.max(1);
        let least = if self.dice.one_in(3) { 1 } else { most.saturating_sub(6).max(1) };
        format!("r{}", self.dice.range(least, most))
    }

    /// A new one, or, rarely, one that was made.
    fn new_reservation(&mut self) -> String {
        if self.dice.one_in(20) {
            return self.reservation();
        }
        self.made += 1;
        format!("r{}", self.made)
    }

    fn asks(&mut self, most: u64) -> String {
        let count = self.dice.range(1, 5).saturating_sub(2).clamp(1, 3);
        let asks: Vec<String> =
            (0..count).map(|_| format!("{} {}", self.sku(), self.dice.range(1, most))).collect();
        asks.join(", ")
    }

    fn order_options(&mut self) -> String {
        let term = match self.dice.range(1, 4) {
            1 => " confirmed".to_owned(),
            2 => format!(" hold {} minutes", self.dice.range(1, 30)),
            _ => String::new(),
        };
        let customer = match self.dice.range(1, 3) {
            1 => "",
            2 => " for ann",
            _ => " for bob",
        };
        let policy = self.dice.pick(&["", "", " ships together", " ships as_available"]);
        let together = match self.dice.one_in(6) {
            true => format!(" together {}", self.day(4)),
            false => String::new(),
        };
        format!("{term}{customer}{policy}{together}")
    }

    fn reserve(&mut self) -> String {
        let (id, asks, options) = (self.new_reservation(), self.asks(6), self.order_options());
        let partial = if self.dice.one_in(3) { " partial" } else { "" };
        let purpose = if self.dice.one_in(6) { " replacement" } else { "" };
        format!("reserve {id} {asks}{partial}{purpose}{options}")
    }

    fn backorder(&mut self) -> String {
        let (id, asks, options) = (self.new_reservation(), self.asks(8), self.order_options());
        format!("backorder {id} {asks}{options}")
    }

    fn receive(&mut self) -> String {
        if !self.dice.one_in(20) {
            self.receipts += 1;
        }
        let (sku, good) = (self.sku(), self.dice.range(1, 12));
        let second = match self.dice.one_in(4) {
            true => SKUS[..self.skus].iter().find(|other| **other != sku).copied(),
            false => None,
        };
        let second = second.map(|sku| format!(", {sku} {} damaged 1", self.dice.range(1, 6)));
        let answers = match self.dice.range(1, 6) {
            1 => format!(" inbound I{}", self.dice.range(1, 3)),
            2 => format!(" damaged 2 inbound I{}", self.dice.range(1, 3)),
            3 => format!(" inbound I{} closes", self.dice.range(1, 3)),
            _ => String::new(),
        };
        let place = self.dice.pick(&["", "", " at east", " at west"]);
        let second = second.unwrap_or_default();
        format!("receive R{} {sku} {good}{answers}{second}{place}", self.receipts)
    }

    /// All of a reservation, or a part of one line.
    fn part(&mut self) -> String {
        match self.dice.one_in(2) {
            true => String::new(),
            false => format!(" {} {}", self.sku(), self.dice.range(1, 4)),
        }
    }

    fn release(&mut self) -> String {
        format!("release {}{}", self.reservation(), self.part())
    }

    fn ship(&mut self) -> String {
        format!("ship {}{}", self.reservation(), self.part())
    }

    fn adjust(&mut self) -> String {
        let (sku, place) = (self.sku(), self.dice.pick(&["", "", " at east", " at west"]));
        match self.dice.range(1, 5) {
            1 => format!(
                "adjust {sku} +{} {}{place}",
                self.dice.range(1, 5),
                self.dice.pick(&REASONS)
            ),
            2 => format!("adjust {sku} count {}{place}", self.dice.range(0, 10)),
            _ => format!(
                "adjust {sku} -{} {}{place}",
                self.dice.range(1, 6),
                self.dice.pick(&REASONS)
            ),
        }
    }

    fn plan(&mut self, deed: &str) -> String {
        let (sku, cap) = (self.sku(), self.dice.range(1, 30));
        let limit = if self.dice.one_in(4) { " limit 6" } else { "" };
        let ships = match self.dice.range(1, 4) {
            1 => self.days + 40,
            2 => self.days + 35,
            3 => self.days + 50,
            // Not the next day: minutes that were waited may bring that about, but for one of the
            // store and its model only, and a window must close before it.
            _ => self.days + self.dice.range(3, 8),
        };
        let window = match self.dice.range(1, 5) {
            1 => " opens in 5 minutes".to_owned(),
            2 => " closes in 20 minutes".to_owned(),
            _ => format!(" closes at +{ships}d"),
        };
        let allowance = if self.dice.one_in(4) { " allowance 2" } else { "" };
        let follows = if self.dice.one_in(4) { " by_inbound" } else { "" };
        let asks = match self.dice.range(1, 5) {
            1 => " asks within 1 day by_class",
            2 => " asks within 1 day release",
            3 => " asks within 2 days keep",
            _ => "",
        };
        format!("{deed} {sku} cap {cap}{limit}{allowance}{follows}{asks}{window} ships +{ships}d")
    }
}
