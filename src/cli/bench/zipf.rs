//! Zipf's law with exponent 1: the second item is wanted half as often as the first, the third a
//! third as often.

/// Draws items by their rank.
#[derive(Debug)]
pub struct Zipf {
    /// The shares of all items up to each, of 1.
    up_to: Vec<f64>,
}

impl Zipf {
    /// Of so many items.
    #[must_use]
    pub fn new(items: usize) -> Self {
        let mut sum = 0.0;
        let sums: Vec<f64> = (1..=items)
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        Self { up_to: sums.iter().map(|part| part / sum).collect() }
    }

    /// The place of an item, from 0, for a number drawn evenly from 0 up to 1.
    #[must_use]
    pub fn draw(&self, even: f64) -> usize {
        let place = self.up_to.partition_point(|up_to| *up_to <= even);
        place.min(self.up_to.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_drawn_twice_as_often_as_the_second() {
        let zipf = Zipf::new(3);
        // The shares are 6/11, 3/11 and 2/11.
        let drawn: Vec<usize> =
            (0..11).map(|part| zipf.draw((f64::from(part) + 0.5) / 11.0)).collect();
        assert_eq!(drawn, [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2]);
        assert_eq!(zipf.draw(1.0), 2);
    }
}
