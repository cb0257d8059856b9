//! The county's side of a FHIR server: seeds it, delivers what the desks receive, answers as the receivers do, and
//! reads back what is there. What it writes goes as one transaction a plan.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anydoor_core::acts::Plan;
use anydoor_core::fhir::{Document, Revision, bundle};
use anydoor_core::http::Transport;
use anydoor_core::http::{Answer, Failure, Method, Request};

/// The server did not take or give what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No answer.
    #[error("the server does not answer: {0}")]
    Failure(#[from] Failure),
    /// A refusal.
    #[error("the server refused {what}: {status} {said}")]
    Refused {
        /// What was asked.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        said: String,
    },
    /// An answer that cannot be read.
    #[error("the server's answer to {what} cannot be read")]
    Unreadable {
        /// What was asked.
        what: String,
    },
}

/// A writer of its own beside the phones.
#[derive(Debug)]
pub struct Gateway {
    transport: Transport,
    agency: String,
    counter: AtomicU64,
    written: Mutex<Vec<String>>,
}

impl Gateway {
    /// Over this connection, for this agency.
    pub fn new(transport: Transport, agency: &str) -> Self {
        Self { transport, agency: agency.to_owned(), counter: AtomicU64::new(0), written: Mutex::new(Vec::new()) }
    }

    async fn ask(&self, what: &str, request: &Request) -> Result<Answer, GatewayError> {
        let answer = self.transport.send(request).await?;
        if answer.status >= 300 {
            let said = answer.diagnostics().unwrap_or_default();
            return Err(GatewayError::Refused { what: what.to_owned(), status: answer.status, said });
        }
        Ok(answer)
    }

    fn revised(&self, document: &Document) -> Document {
        let mut document = document.clone();
        let parent = Revision::of(&document).map(|r| r.name());
        let revision = Revision { writer: "gateway".into(), counter: self.counter.fetch_add(1, Ordering::SeqCst) + 1, parent, by: None };
        revision.write(&self.agency, &mut document);
        document
    }

    /// Writes documents as one transaction.
    ///
    /// # Errors
    /// [`GatewayError`]; then none was written.
    pub async fn write(&self, what: &str, documents: &[Document]) -> Result<(), GatewayError> {
        let revised: Vec<Document> = documents.iter().map(|doc| self.revised(doc)).collect();
        self.ask(what, &Request::bundle(&bundle::transaction(&revised))).await?;
        self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(revised.iter().map(Document::reference));
        Ok(())
    }

    /// Writes documents of others as they are, one by one and unsigned by us.
    ///
    /// # Errors
    /// [`GatewayError`]; those before it were written.
    pub async fn write_as_is(&self, documents: &[Document]) -> Result<(), GatewayError> {
        for document in documents {
            self.ask(&document.reference(), &Request::put(document, None)).await?;
        }
        Ok(())
    }

    /// Delivers a plan: CAD is answered only after this returns.
    ///
    /// # Errors
    /// [`GatewayError`]; then nothing was written.
    pub async fn deliver(&self, plan: &Plan) -> Result<(), GatewayError> {
        let documents: Vec<Document> = plan.writes.iter().map(|write| write.document.clone()).collect();
        self.write(plan.name, &documents).await
    }

    /// Reads one document.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn read(&self, reference: &str) -> Result<Document, GatewayError> {
        let answer = self.ask(reference, &Request::get(reference)).await?;
        Document::parse(&answer.body).map_err(|_| GatewayError::Unreadable { what: reference.to_owned() })
    }

    /// Whether the server has this document, or had it.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn holds(&self, reference: &str) -> Result<bool, GatewayError> {
        match self.ask(reference, &Request::get(reference)).await {
            Ok(_) => Ok(true),
            Err(GatewayError::Refused { status: 404, .. }) => Ok(false),
            Err(GatewayError::Refused { status: 410, .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Changes one document as its receiver does, with If-Match.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn change(&self, reference: &str, change: impl FnOnce(&mut Document)) -> Result<(), GatewayError> {
        let mut document = self.read(reference).await?;
        let version = document.version().map(str::to_owned);
        change(&mut document);
        let document = self.revised(&document);
        self.ask(reference, &Request::put(&document, version.as_deref())).await?;
        Ok(())
    }

    /// Everything that a search finds, page by page.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn search(&self, path: &str) -> Result<Vec<Document>, GatewayError> {
        let (mut found, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let answer = self.ask(&path, &Request::get(path.clone())).await?;
            let page = bundle::read(&answer.body).map_err(|_| GatewayError::Unreadable { what: path.clone() })?;
            found.extend(page.entries.into_iter().filter_map(|entry| entry.resource));
            next = page.next;
        }
        Ok(found)
    }

    /// `$validate`: the issues of severity error or fatal.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn validate(&self, document: &Document) -> Result<Vec<String>, GatewayError> {
        let request = Request {
            method: Method::Post,
            path: format!("{}/$validate", document.kind()),
            if_match: None,
            body: Some(document.to_text()),
        };
        let answer = self.transport.send(&request).await?;
        let outcome = Document::parse(&answer.body).map_err(|_| GatewayError::Unreadable { what: "$validate".into() })?;
        let bad = outcome
            .list("/issue")
            .iter()
            .filter(|issue| matches!(issue.get("severity").and_then(serde_json::Value::as_str), Some("error" | "fatal")));
        Ok(bad.map(|issue| issue.get("diagnostics").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()).collect())
    }

    /// `Type/id` of everything that this gateway wrote.
    pub fn written(&self) -> Vec<String> {
        self.written.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
