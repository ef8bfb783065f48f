use serde::{Deserialize, Serialize};

/// The body of `/users`.
#[derive(Debug, Deserialize)]
pub struct NewUser {
    username: String,
    email: String,
    full_name: Option<String>,
    age: u32,
    tags: Vec<String>,
    address: Address,
    bio: String,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "street and city are read, as every field of the body is, and not all are used")]
struct Address {
    street: String,
    city: String,
    zip: String,
    country: String,
}

/// The reply of `/users`.
#[derive(Debug, Serialize)]
pub struct User {
    id: u64,
    username: String,
    email: String,
    full_name: Option<String>,
    city: String,
    tags: usize,
}

impl NewUser {
    /// What is wrong with it, if anything.
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    pub fn check(&self) -> Result<(), &'static str> {
        let rules = [
            ((3..=50).contains(&length(&self.username)), "a username has 3 to 50 characters"),
            (self.email.len() <= 254 && self.email.contains('@'), "that is no address of a mailbox"),
            (self.age <= 150, "nobody is older than 150"),
            (self.tags.len() <= 20, "there are 20 tags at most"),
            (length(&self.bio) <= 1000, "a biography has 1000 characters at most"),
            (length(&self.address.zip) <= 10, "a postal code has 10 characters at most"),
            (length(&self.address.country) == 2, "a country has two letters"),
        ];
        rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, rule)| Err(rule))
    }

    /// The user as stored.
    pub fn store(self) -> User {
        User {
            id: 1,
            username: self.username,
            email: self.email,
            full_name: self.full_name,
            city: self.address.city,
            tags: self.tags.len(),
        }
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}
