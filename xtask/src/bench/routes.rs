/// A route that all servers have.
pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: &'static str,
    pub(super) has_user: bool,
    pub(super) status: &'static str,
    /// How many tasks run after a request.
    pub(super) tasks: u64,
}

const PLAIN: Route = Route {
    name: "A plain",
    method: "GET",
    path: "/plain",
    headers: "",
    has_user: false,
    status: "200",
    tasks: 0,
};

pub(super) const ROUTES: [Route; 6] = [
    PLAIN,
    Route { name: "B path, query, JSON", path: "/items/42?q=abc", ..PLAIN },
    Route {
        name: "C 8 dependencies",
        path: "/di?skip=10&limit=20&u=5",
        headers: "x-tenant: 3\r\nx-token: 7\r\nx-audit: 2\r\n",
        ..PLAIN
    },
    Route {
        name: "D 2 tasks",
        method: "POST",
        path: "/send-notification/foo@example.com?q=x",
        tasks: 2,
        ..PLAIN
    },
    Route {
        name: "E 100 tasks",
        method: "POST",
        path: "/send-many/foo@example.com?q=x",
        tasks: 100,
        ..PLAIN
    },
    Route {
        name: "F JSON in",
        method: "POST",
        path: "/users",
        headers: "content-type: application/json\r\n",
        has_user: true,
        status: "201",
        ..PLAIN
    },
];

impl Route {
    pub(super) fn body(&self) -> String {
        if self.has_user { user() } else { String::new() }
    }

    /// The names and values of the headers, one after the other.
    pub(super) fn header_words(&self) -> impl Iterator<Item = &str> {
        self.headers.lines().filter_map(|line| line.split_once(": ")).flat_map(|(name, value)| [name, value])
    }

    /// The request as it is sent.
    pub(super) fn request(&self) -> String {
        let Self { method, path, headers, .. } = self;
        let body = self.body();
        let length =
            if *method == "POST" { format!("content-length: {}\r\n", body.len()) } else { String::new() };
        format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}{length}\r\n{body}")
    }
}

/// A kibibyte of JSON.
fn user() -> String {
    let head = concat!(
        r#"{"username":"johndoe","email":"john.doe@example.com","full_name":"John Q. Doe","age":34,"#,
        r#""tags":["alpha","beta","gamma","delta","epsilon"],"#,
        r#""address":{"street":"12 Long Street Name, Apartment 34","city":"Springfield","zip":"12345-678","country":"US"},"#,
        r#""bio":""#,
    );
    let bio = "Likes long walks and short texts. ".repeat(40);
    format!(r#"{head}{}"}}"#, &bio[..1022 - head.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_kibibyte() {
        assert_eq!(user().len(), 1024);
        assert!(ROUTES[5].request().contains("content-length: 1024\r\n"));
    }
}
