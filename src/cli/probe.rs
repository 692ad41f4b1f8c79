//! `sendiass probe`: whether a service on this machine is ready, told by the exit code.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use ureq::Agent;

/// Ask the admin port of a service on this machine whether it is ready: exit code 0 if so, 1 if not. For health checks.
#[derive(Args, Debug)]
pub struct Probe {
    /// Where that service listens for its operator.
    #[arg(long, env = "SENDIASS_ADMIN_BIND", default_value = "127.0.0.1:8081")]
    admin_bind: SocketAddr,
    /// Ask only whether the process lives.
    #[arg(long)]
    live: bool,
}

impl Probe {
    pub(super) fn run(&self) -> Result<(), String> {
        let page = if self.live { "livez" } else { "readyz" };
        // Nothing on the way to this machine: no proxy of the environment.
        let agent: Agent = Agent::config_builder().timeout_global(Some(Duration::from_secs(3))).proxy(None).build().into();
        match agent.get(format!("http://{}/{page}", self.address())).call() {
            Ok(_) => Ok(()),
            Err(ureq::Error::StatusCode(_)) => Err("The service is not ready.".to_owned()),
            Err(error) => Err(format!("The service does not answer on {} ({error}).", self.address())),
        }
    }

    /// Who listens on all addresses is asked on this machine's own.
    fn address(&self) -> SocketAddr {
        let ip = match self.admin_bind.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        SocketAddr::new(ip, self.admin_bind.port())
    }
}
