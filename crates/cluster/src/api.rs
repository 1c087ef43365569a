//! GET requests to an API server, with limits on time, size and number, and errors in client-go's words.

use std::fmt;
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

use crate::rules;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use pintle_core::cluster::from_json;
use pintle_core::{Data, DataMap, Error};
use tokio::runtime::{Builder, Runtime};

/// What a question may use up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time from a question to the whole of its answer, however many requests it takes.
    pub time: Duration,
    /// The bytes of one response.
    pub bytes: usize,
    /// The objects of one list, or of one snapshot.
    pub objects: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { time: Duration::from_secs(30), bytes: 64 << 20, objects: 50_000 }
    }
}

/// Objects that are asked for at once: what client-go's own pager takes.
const PAGE: usize = 500;

/// Requests that a busy server asks to send again are sent so often.
const AGAIN: usize = 5;

/// Why there is no answer. The text is that of client-go where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server answered with another code than 200.
    Status {
        /// The code.
        code: u16,
        /// The status' machine-readable reason, if the server gave one: `NotFound`, `Forbidden`.
        reason: String,
        /// What is to be told.
        message: String,
    },
    /// There was no answer, or none that can be taken.
    Transport(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Status { message, .. } | Failure::Transport(message) => f.write_str(message),
        }
    }
}

impl Failure {
    /// `IsNotFound` of `k8s.io/apimachinery/pkg/api/errors`.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Failure::Status { code, reason, .. } if reason == "NotFound" || reason.is_empty() && *code == 404)
    }

    /// Whether a list's token has become too old to go on with.
    fn is_expired(&self) -> bool {
        matches!(self, Failure::Status { code: 410, .. })
    }
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The JSON.
    pub data: DataMap,
    /// The kind that the server says it is.
    pub kind: String,
}

/// An API server.
pub struct Api {
    // Never taken apart: that would wait for a resolver that hangs.
    runtime: ManuallyDrop<Runtime>,
    client: Option<Client>,
    server: String,
    limits: Limits,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Api {{ server: {:?}, limits: {:?} }}", self.server, self.limits)
    }
}

impl Api {
    /// One that knows no server yet. Errors: the system gives no means of waiting.
    pub(crate) fn new(limits: Limits) -> Result<Api, Error> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| Error::new(&rules::CLUSTER_CONNECT, format!("can't wait for a network: {e}")))?;
        Ok(Api { runtime: ManuallyDrop::new(runtime), client: None, server: String::new(), limits })
    }

    /// The same with a server.
    pub(crate) fn with(self, client: Client, server: String) -> Api {
        Api { client: Some(client), server, ..self }
    }

    /// Waits for something.
    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The server's address, for messages.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The end of a question that begins now.
    #[expect(clippy::disallowed_methods, reason = "a server may take so long and no longer")]
    pub fn deadline(&self) -> Instant {
        Instant::now() + self.limits.time
    }

    /// What lies at a path. `accept` are the media types that are wanted.
    #[expect(clippy::disallowed_methods, reason = "a server may take so long and no longer")]
    pub fn get(&self, path: &str, accept: &str, until: Instant) -> Result<Answer, Failure> {
        self.run(async {
            let get = self.repeated(path, accept, until);
            let late = || self.broken(path, format!("no answer within {:?} (--request-timeout)", self.limits.time));
            tokio::time::timeout(until.saturating_duration_since(Instant::now()), get).await.unwrap_or_else(|_| Err(late()))
        })
    }

    /// The objects of a collection as one list, page by page, as a server gives it without pages
    /// (`k8s.io/client-go/tools/pager`): only the last page's metadata is kept, and that has no `continue`.
    pub fn list(&self, path: &str, query: &str, until: Instant) -> Result<Answer, Failure> {
        let mut items: Vec<Data> = Vec::new();
        let (mut token, mut limit) = (String::new(), PAGE);
        loop {
            let limited = if limit > 0 { format!("limit={limit}") } else { String::new() };
            let continued = if token.is_empty() { String::new() } else { format!("continue={}", encode(&token)) };
            let parts: Vec<&str> = [query, &limited, &continued].into_iter().filter(|p| !p.is_empty()).collect();
            let page = match self.get(&format!("{path}?{}", parts.join("&")), JSON, until) {
                // The list has changed too much since: begin again, all at once.
                Err(e) if e.is_expired() && !token.is_empty() => {
                    items.clear();
                    (token, limit) = (String::new(), 0);
                    continue;
                }
                page => page?,
            };
            let Answer { mut data, kind } = page;
            if let Some(Data::List(more)) = data.remove("items") {
                items.extend(more);
            }
            if items.len() > self.limits.objects {
                let many = format!("more than {} objects: name what is wanted, or a namespace", self.limits.objects);
                return Err(self.broken(path, many));
            }
            let metadata = data.get_mut("metadata").and_then(Data::as_map_mut);
            let next = metadata.and_then(|m| {
                m.remove("remainingItemCount");
                m.remove("continue")
            });
            match next {
                Some(Data::String(next)) if !next.is_empty() && next != token => token = next,
                _ => {
                    data.insert("items".to_owned(), Data::List(items));
                    return Ok(Answer { data, kind });
                }
            }
        }
    }

    fn broken(&self, path: &str, why: impl fmt::Display) -> Failure {
        let path = path.split('?').next().unwrap_or(path);
        Failure::Transport(format!("Get \"{}{path}\": {why}", self.server))
    }

    /// Sends a request again where that can help: the connection was lost, or the server is busy and says when it won't be.
    #[expect(clippy::disallowed_methods, reason = "a server may take so long and no longer")]
    async fn repeated(&self, path: &str, accept: &str, until: Instant) -> Result<Answer, Failure> {
        let mut lost = false;
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(path, accept).await {
                Once::Lost(_) if !lost => lost = true,
                Once::Lost(failure) | Once::Done(Err(failure)) => return Err(failure),
                Once::Done(Ok(answer)) => return Ok(answer),
                Once::Busy(failure, wait) if tries > AGAIN || Instant::now() + wait >= until => return Err(failure),
                Once::Busy(_, wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    async fn once(&self, path: &str, accept: &str) -> Once {
        let Some(client) = &self.client else { return Once::Done(Err(self.broken(path, "no server"))) };
        let request = match Request::get(path).header(header::ACCEPT, accept).body(Body::empty()) {
            Ok(request) => request,
            Err(e) => return Once::Done(Err(self.broken(path, e))),
        };
        let response = match client.send(request).await {
            Ok(response) => response,
            Err(e @ kube::Error::Auth(_)) => return Once::Done(Err(self.broken(path, reason(&e)))),
            Err(e) => return Once::Lost(self.broken(path, reason(&e))),
        };
        let (parts, body) = response.into_parts();
        let text = match Limited::new(body, self.limits.bytes).collect().await {
            Ok(body) => body.to_bytes(),
            Err(e) if e.is::<LengthLimitError>() => {
                let why =
                    format!("the answer is larger than {} MiB: name what is wanted, or a namespace", self.limits.bytes >> 20);
                return Once::Done(Err(self.broken(path, why)));
            }
            Err(e) => return Once::Lost(self.broken(path, format_args!("reading the answer: {}", innermost(e.as_ref())))),
        };
        if !parts.status.is_success() {
            let field = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
            let failure = status(parts.status, field(header::CONTENT_TYPE), &text);
            // client-go sends again whatever the server names a time for.
            let again = parts.status == StatusCode::TOO_MANY_REQUESTS || parts.status.is_server_error();
            return match field(header::RETRY_AFTER).and_then(|v| v.parse().ok()).filter(|_| again) {
                Some(seconds) => Once::Busy(failure, Duration::from_secs(seconds)),
                None => Once::Done(Err(failure)),
            };
        }
        Once::Done(match from_json(&text) {
            Ok(Data::Map(data)) => {
                let kind = data.get("kind").and_then(Data::as_str).unwrap_or_default().to_owned();
                Ok(Answer { data, kind })
            }
            Ok(_) => Err(self.broken(path, "the answer is not an object; is this a Kubernetes API server?")),
            Err(e) => Err(self.broken(path, format_args!("the answer is {e}; is this a Kubernetes API server?"))),
        })
    }
}

/// What became of one request.
enum Once {
    Done(Result<Answer, Failure>),
    /// Sent in vain; once more may help.
    Lost(Failure),
    /// The server asks to come again after a time.
    Busy(Failure, Duration),
}

/// Plain JSON.
pub const JSON: &str = "application/json";

/// The error of a response (`transformResponse` and `newUnstructuredResponseError`, `k8s.io/client-go/rest/request.go`): the status that
/// the server gives, else a sentence for its code.
fn status(code: StatusCode, content_type: Option<&str>, text: &[u8]) -> Failure {
    if let Ok(Data::Map(given)) = from_json(text)
        && given.get("kind").and_then(Data::as_str) == Some("Status")
        && given.get("status").and_then(Data::as_str) != Some("Success")
    {
        let field = |key: &str| given.get(key).and_then(Data::as_str).unwrap_or_default().to_owned();
        let (reason, message) = (field("reason"), field("message"));
        let code = given.get("code").and_then(|c| if let Data::Int(c) = c { u16::try_from(*c).ok() } else { None });
        let code = code.unwrap_or(0);
        return Failure::Status { code, reason, message };
    }
    const MAX: usize = 2048;
    let is_text = content_type.is_none_or(|t| t.starts_with("text/"));
    let said = String::from_utf8_lossy(&text[..text.len().min(MAX)]).trim().to_owned();
    let said = if is_text { said } else { "unknown".to_owned() };
    let (reason, message) = generic(code.as_u16(), said);
    Failure::Status { code: code.as_u16(), reason: reason.to_owned(), message }
}

/// `NewGenericServerResponse` (`k8s.io/apimachinery/pkg/api/errors`).
fn generic(code: u16, said: String) -> (&'static str, String) {
    let (reason, message) = match code {
        400 => ("BadRequest", "the server rejected our request for an unknown reason"),
        401 => ("Unauthorized", "the server has asked for the client to provide credentials"),
        403 => return ("Forbidden", said),
        404 => ("NotFound", "the server could not find the requested resource"),
        405 => ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
        406 if said.is_empty() || said == "unknown" => {
            ("NotAcceptable", "the server was unable to respond with a content type that the client supports")
        }
        406 => return ("NotAcceptable", said),
        409 => ("Conflict", "the server reported a conflict"),
        415 => return ("UnsupportedMediaType", said),
        422 => ("Invalid", "the server rejected our request due to an error in our request"),
        429 => ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => (
            "Timeout",
            "the server was unable to return a response in the time allotted, but may still be processing the request",
        ),
        500.. => {
            return ("InternalError", format!("an error on the server ({said:?}) has prevented the request from succeeding"));
        }
        _ => return ("", format!("the server responded with the status code {code} but did not return more information")),
    };
    (reason, message.to_owned())
}

/// A segment of a path or a value of a query, as a URL has it.
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    for b in text.bytes() {
        match b {
            b if b.is_ascii_alphanumeric() || b"-._~!$'()*,;=:@".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// The cause that says most.
pub(crate) fn reason(e: &(dyn std::error::Error + 'static)) -> String {
    innermost(e)
}

/// The last of a chain of causes: those before say no more than that something failed.
fn innermost(e: &(dyn std::error::Error + 'static)) -> String {
    let mut at = e;
    while let Some(next) = at.source() {
        at = next;
    }
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_become_client_gos_errors() {
        let of =
            |code: u16, content: &str, text: &str| status(StatusCode::from_u16(code).unwrap(), Some(content), text.as_bytes());
        let given = r#"{"kind":"Status","status":"Failure","message":"secrets \"a\" not found","reason":"NotFound","code":404}"#;
        let found = of(404, "application/json", given);
        assert!(found.is_not_found());
        assert_eq!(found.to_string(), "secrets \"a\" not found");
        let plain = of(404, "text/plain; charset=utf-8", "404 page not found\n");
        assert!(plain.is_not_found());
        assert_eq!(plain.to_string(), "the server could not find the requested resource");
        assert_eq!(of(403, "text/plain", "no\n").to_string(), "no");
        assert_eq!(
            of(502, "text/html", "bad").to_string(),
            "an error on the server (\"bad\") has prevented the request from succeeding"
        );
        assert_eq!(of(401, "application/json", "{}").to_string(), "the server has asked for the client to provide credentials");
        assert!(!of(418, "text/plain", "").is_not_found());
    }

    #[test]
    fn segments_are_encoded() {
        assert_eq!(encode("system:node a?b#c%/é"), "system:node%20a%3Fb%23c%25%2F%C3%A9");
    }
}
