//! The county's side of a FHIR server: the gateway, and beside it what only a sandbox does: it seeds a server, hands
//! documents to `$validate`, and knows what it wrote.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use anydoor_core::acts::Never;
use anydoor_core::acts::receive::Intake;
use anydoor_core::base::clock::{Clock, Instant, SystemClock};
use anydoor_core::base::ids::{MemberId, OrganizationId, TeamId};
use anydoor_core::door::DoorError;
use anydoor_core::fhir::{Document, bundle};
use anydoor_core::http::{Answer, Method, Request, Transport};
use anydoor_gateway::{Author, Performed, Trouble};

/// A gateway's error when something arrives.
pub type ReceiveError = anydoor_gateway::GatewayError<DoorError>;

/// A gateway's error when a receiver changes something.
pub type ChangeError = anydoor_gateway::GatewayError<Never>;

/// The server did not take a seed.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The server did not do or tell something.
    #[error("{0}")]
    Trouble(#[from] Trouble),
    /// A refusal, in the server's own words: the sandbox's people are fictional.
    #[error("the server refused {what}: {status} {said}")]
    Refused {
        /// What was asked.
        what: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        said: String,
    },
}

/// A gateway with what only a sandbox does.
#[derive(Debug)]
pub struct Gateway {
    gateway: anydoor_gateway::Gateway,
    transport: Transport,
    author: Author,
    written: Mutex<Vec<String>>,
}

impl Deref for Gateway {
    type Target = anydoor_gateway::Gateway;
    fn deref(&self) -> &Self::Target {
        &self.gateway
    }
}

impl Gateway {
    /// Over this connection, for this agency, by this machine's clock.
    pub fn new(transport: Transport, agency: &OrganizationId) -> Self {
        Self::with_clock(transport, agency, Arc::new(SystemClock::default()))
    }

    /// The same by a clock that a shift moves on.
    pub fn with_clock(transport: Transport, agency: &OrganizationId, clock: Arc<dyn Clock>) -> Self {
        let gateway = anydoor_gateway::Gateway::new(transport.clone(), agency, clock);
        Self { gateway, transport, author: Author::new(agency.as_str()), written: Mutex::default() }
    }

    async fn ask(&self, what: &str, request: &Request) -> Result<Answer, GatewayError> {
        let answer = self.transport.send(request).await.map_err(Trouble::from)?;
        if answer.status >= 300 {
            let said = answer.diagnostics().unwrap_or_default();
            return Err(GatewayError::Refused { what: what.to_owned(), status: answer.status, said });
        }
        Ok(answer)
    }

    fn wrote(&self, references: impl IntoIterator<Item = String>) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).extend(references);
    }

    /// Seeds documents as one transaction, over whatever is there.
    ///
    /// # Errors
    /// [`GatewayError`]; then none was written.
    pub async fn write(&self, what: &str, documents: &[Document]) -> Result<(), GatewayError> {
        let by = MemberId::derived("gateway");
        let signed: Vec<Document> = documents.iter().map(|document| self.author.sign(document, Some(document), by.as_str())).collect();
        self.ask(what, &Request::bundle(&bundle::transaction(&signed))).await?;
        self.wrote(signed.iter().map(Document::reference));
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

    /// Takes a CAD's EIDO document, and notes what it wrote.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub async fn receive_911(&self, bytes: &[u8], team: Option<&TeamId>) -> Result<Intake, ReceiveError> {
        Ok(self.took(self.gateway.receive_911(bytes, team).await?))
    }

    /// Takes a 988 centre's order, and notes what it wrote.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub async fn receive_988(&self, bytes: &[u8], team: Option<&TeamId>) -> Result<Intake, ReceiveError> {
        Ok(self.took(self.gateway.receive_988(bytes, team).await?))
    }

    fn took(&self, performed: Performed<Intake>) -> Intake {
        self.wrote(performed.delivered.written.iter().map(|(document, _)| document.reference()));
        performed.done
    }

    /// Whether the server has this document, or had it.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn holds(&self, reference: &str) -> Result<bool, Trouble> {
        match self.gateway.read(reference).await {
            Ok(_) | Err(Trouble::Gone) => Ok(true),
            Err(Trouble::NotFound) => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    /// `$validate`: the issues of severity error or fatal.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn validate(&self, document: &Document) -> Result<Vec<String>, GatewayError> {
        let request = Request {
            method: Method::Post,
            path: format!("{}/$validate", document.kind()),
            page: None,
            if_match: None,
            body: Some(document.to_text()),
        };
        let answer = self.transport.send(&request).await.map_err(Trouble::from)?;
        if let Some(trouble) = Trouble::of(&answer, Instant::now()).filter(|trouble| trouble.concerns_everything()) {
            return Err(trouble.into());
        }
        let outcome = answer.document().map_err(|_| Trouble::Unreadable)?;
        let bad = outcome
            .list("/issue")
            .iter()
            .filter(|issue| matches!(issue.get("severity").and_then(serde_json::Value::as_str), Some("error" | "fatal")));
        Ok(bad.map(|issue| issue.get("diagnostics").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()).collect())
    }

    /// `Type/id` of everything that this gateway seeded or took.
    pub fn written(&self) -> Vec<String> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
