//! From sockets to requests, and from replies to sockets.

use std::convert::Infallible;
use std::future::pending;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request as Hyper, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::book::Book;
use super::reply::{Answer, Reply};
use super::request::{Asked, Request, Service, query};
use super::{arm, imds};
use crate::netns::Namespace;
use crate::server::attend;
use crate::stop::Helper;

/// A piece of a body without end.
const PIECE: usize = 64 << 10;
/// Between two bytes of an answer that takes for ever.
const APART: Duration = Duration::from_secs(1);

type Body = BoxBody<Bytes, Infallible>;

/// Serves at one address of a namespace.
pub(super) fn serve(
    at: &Namespace,
    address: SocketAddr,
    service: Service,
    book: &Arc<Book>,
) -> Result<Helper> {
    let book = Arc::clone(book);
    attend(at, address, move |listener| accept(listener, service, book))
}

pub(super) async fn accept(listener: TcpListener, service: Service, book: Arc<Book>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(hold(stream, service, Arc::clone(&book)));
    }
}

async fn hold(stream: TcpStream, service: Service, book: Arc<Book>) {
    let answer = service_fn(|request| {
        let book = Arc::clone(&book);
        async move { Ok::<_, Infallible>(handle(request, service, &book).await) }
    });
    // How a connection ends is no news: what was asked on it is in the book.
    let _ =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer).await;
}

async fn handle(request: Hyper<Incoming>, service: Service, book: &Book) -> Response<Body> {
    let at = SystemTime::now();
    let (head, body) = request.into_parts();
    // Whoever breaks off while sending has asked nothing whole.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let request = Request {
        path: head.uri.path().to_owned(),
        query: query(head.uri.query().unwrap_or_default()),
        method: head.method,
        headers: head.headers,
        body,
    };
    let reply = book.handle(|state| {
        let (question, reply) = match service {
            Service::Imds => imds::answer(state, &request, at),
            Service::Arm => arm::answer(state, &request, at),
            Service::Elsewhere | Service::Proxy => arm::lie(state, &request),
        };
        let asked = Asked {
            at,
            service,
            question,
            method: request.method.clone(),
            target: head.uri.to_string(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            answered: reply.status(),
        };
        (asked, reply)
    });
    match reply {
        Reply::Whole(answer) => whole(answer),
        Reply::Silence => pending().await,
        Reply::Trickle => streamed(stream::repeat(()).then(|()| async {
            tokio::time::sleep(APART).await;
            Bytes::from_static(b" ")
        })),
        Reply::Endless => streamed(stream::repeat(Bytes::from(vec![b' '; PIECE]))),
    }
}

fn whole(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)).boxed());
    *response.status_mut() = answer.status.try_into().expect("statuses are written here");
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    for (name, value) in answer.headers {
        headers.insert(name, value.parse().expect("values are written here"));
    }
    response
}

fn streamed(pieces: impl Stream<Item = Bytes> + Send + Sync + 'static) -> Response<Body> {
    let frames = pieces.map(|piece| Ok(Frame::data(piece)));
    Response::new(BodyExt::boxed(StreamBody::new(frames)))
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use hyper::Method;
    use hyper::header::{AUTHORIZATION, HOST};

    use super::super::cloud::Cloud;
    use super::super::reply::Mood;
    use super::super::request::Question;
    use super::*;
    use crate::exchange::exchange;
    use crate::otlp::Protocol;
    use crate::server::listen;
    use crate::stop::POLL;

    /// A service on loopback, with a token for it.
    struct Here {
        address: SocketAddr,
        book: Arc<Book>,
        token: String,
    }

    fn here(service: Service) -> Here {
        let listener = listen("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let book = Arc::new(Book::new(Cloud::default()));
        let now = SystemTime::now();
        let token = book.lock().tokens.give("https://management.azure.com", now, Duration::from_secs(3600));
        tokio::spawn(accept(listener, service, Arc::clone(&book)));
        Here { address, book, token }
    }

    impl Here {
        fn request(&self, target: &str) -> Hyper<Full<Bytes>> {
            Hyper::builder()
                .method(Method::GET)
                .uri(target)
                .header(HOST, self.address.to_string())
                .header("metadata", "true")
                .header(AUTHORIZATION, format!("Bearer {}", self.token))
                .body(Full::default())
                .expect("a request")
        }
    }

    const INSTANCE: &str = "/metadata/instance?api-version=2021-02-01";

    #[tokio::test]
    async fn what_is_asked_is_answered_and_written_down() {
        let here = here(Service::Imds);
        let reply = exchange(here.address, Protocol::Http, here.request(INSTANCE)).await.expect("an answer");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        assert_eq!(body["compute"]["location"], "westeurope");
        let asked = here.book.lock().asked.clone();
        assert_eq!(
            (asked.len(), asked[0].question, asked[0].answered),
            (1, Some(Question::Instance), Some(200))
        );
        assert!(asked[0].text().contains(&here.token), "headers are written down");
    }

    #[tokio::test]
    async fn a_service_that_does_not_end_does_not_end() {
        for mood in [Mood::Silent, Mood::Trickle, Mood::Huge] {
            let here = here(Service::Imds);
            here.book.lock().moods.insert(Question::Instance, mood);
            let asked = tokio::spawn(exchange(here.address, Protocol::Http, here.request(INSTANCE)));
            while here.book.lock().asked.is_empty() {
                tokio::time::sleep(POLL).await;
            }
            tokio::time::sleep(10 * POLL).await;
            assert!(!asked.is_finished(), "{mood:?}");
            asked.abort();
        }
    }

    #[tokio::test]
    async fn a_stranger_answers_everybody_and_lies() {
        let here = here(Service::Elsewhere);
        let path = here.book.lock().cloud.subscription_path();
        let reply = exchange(here.address, Protocol::Http, here.request(&path)).await.expect("an answer");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
        assert_eq!(body["subscriptionPolicies"]["quotaId"], "PayAsYouGo_2014-09-01");
        assert_eq!(here.book.lock().asked[0].service, Service::Elsewhere);
    }
}
