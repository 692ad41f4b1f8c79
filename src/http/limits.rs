//! How often one may ask: each member of staff, and each machine that requests come from. The second bounds what is tried without a valid
//! token, and so cannot ask who somebody is.
//!
//! Both are kept in memory, by each copy of the service for itself, and forgotten once they are full again. Nothing of it is logged but which
//! of the two was used up.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::str::FromStr;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use governor::clock::Clock as _;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::problem::{Code, Problem};
use crate::domain::ids::StaffId;

/// What a deployment allows. None is no limit.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// Requests of a member of staff a minute.
    pub by_caller: Option<NonZeroU32>,
    /// Requests from an address a minute.
    pub by_client: Option<NonZeroU32>,
    /// The proxies whose word about where a request comes from is taken.
    pub trusted_proxies: Vec<IpAddr>,
}

/// What is left of it.
#[derive(Debug, Default)]
pub struct Limits {
    by_caller: Option<Allowance<StaffId>>,
    by_client: Option<Allowance<IpAddr>>,
    trusted_proxies: Vec<IpAddr>,
}

impl Limits {
    /// All of it is left.
    #[must_use]
    pub fn new(allowed: &Allowed) -> Self {
        Self {
            by_caller: allowed.by_caller.map(|most| Allowance::new("caller", most)),
            by_client: allowed.by_client.map(|most| Allowance::new("client", most)),
            trusted_proxies: allowed.trusted_proxies.iter().map(IpAddr::to_canonical).collect(),
        }
    }

    /// A request of this member of staff.
    pub fn of_caller(&self, caller: StaffId) -> Result<(), Problem> {
        self.by_caller.as_ref().map_or(Ok(()), |allowance| allowance.spend(&caller))
    }

    /// A request from wherever it comes from.
    pub fn of_client(&self, request: &ServiceRequest) -> Result<(), Problem> {
        let (Some(allowance), Some(peer)) = (&self.by_client, request.peer_addr()) else { return Ok(()) };
        let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        allowance.spend(&network(origin(peer.ip(), forwarded, &self.trusted_proxies)))
    }

    /// Forgets those of whom all is left.
    pub fn forget(&self) {
        if let Some(allowance) = &self.by_caller {
            allowance.held.retain_recent();
        }
        if let Some(allowance) = &self.by_client {
            allowance.held.retain_recent();
        }
    }
}

/// So many requests a minute for each. They may come all at once; what was spent comes back evenly.
struct Allowance<K: Clone + Hash + Eq> {
    name: &'static str,
    a_minute: NonZeroU32,
    held: DefaultKeyedRateLimiter<K>,
}

impl<K: Clone + Hash + Eq> Debug for Allowance<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} a minute for each {}", self.a_minute, self.name)
    }
}

impl<K: Clone + Hash + Eq> Allowance<K> {
    fn new(name: &'static str, a_minute: NonZeroU32) -> Self {
        Self { name, a_minute, held: RateLimiter::keyed(Quota::per_minute(a_minute)) }
    }

    fn spend(&self, key: &K) -> Result<(), Problem> {
        let Err(until) = self.held.check_key(key) else { return Ok(()) };
        tracing::info!(limit = self.name, "too many requests");
        let wait = until.wait_time_from(self.held.clock().now());
        Err(used_up(self.name, self.a_minute.get(), 60, u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1)))
    }
}

/// The problem of whoever has used up what they were allowed: `quota` in so many seconds of a `window`, and more in `wait` seconds.
pub(super) fn used_up(name: &str, quota: u32, window: u32, wait: u32) -> Problem {
    let field = |problem: Problem, name: &'static str, value: &dyn Display| match HeaderValue::from_str(&value.to_string()) {
        Ok(value) => problem.with_header(HeaderName::from_static(name), value),
        Err(_) => problem,
    };
    let problem = Problem::new(Code::RateLimited).retry_after(wait);
    let problem = field(problem, "ratelimit", &format_args!("\"{name}\";r=0;t={wait}"));
    field(problem, "ratelimit-policy", &format_args!("\"{name}\";q={quota};w={window}"))
}

/// Where a request comes from: the last address on its way that no trusted proxy vouches for.
fn origin<'a>(peer: IpAddr, forwarded: impl Iterator<Item = &'a str>, trusted: &[IpAddr]) -> IpAddr {
    let hops: Vec<&str> = forwarded.flat_map(|line| line.split(',')).collect();
    let mut at = peer.to_canonical();
    for hop in hops.iter().rev().map(|hop| hop.trim()) {
        let before = IpAddr::from_str(hop).or_else(|_| SocketAddr::from_str(hop).map(|address| address.ip()));
        match before {
            Ok(before) if trusted.contains(&at) => at = before.to_canonical(),
            _ => break,
        }
    }
    at
}

/// Whoever has one address of IPv6 has at least 64 bits of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_trusted_proxies_say_where_a_request_comes_from() {
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        for (peer, forwarded, from) in [
            ("198.51.100.7", &["203.0.113.9"][..], "198.51.100.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["192.0.2.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["192.0.2.1, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["192.0.2.1", "203.0.113.9:4711 , 10.0.0.2"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, somebody"], "10.0.0.1"),
        ] {
            assert_eq!(origin(ip(peer), forwarded.iter().copied(), &trusted), ip(from), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        assert_eq!(network(ip("2001:db8::1")), network(ip("2001:db8::ffff:1")));
        assert_ne!(network(ip("2001:db8::1")), network(ip("2001:db8:0:1::1")));
        assert_ne!(network(ip("192.0.2.1")), network(ip("192.0.2.2")));
    }

    #[test]
    fn what_is_full_again_is_forgotten() {
        let limits = Limits::new(&Allowed { by_caller: NonZeroU32::new(60_000), ..Allowed::default() });
        limits.of_caller(StaffId::mint()).unwrap();
        let held = || limits.by_caller.as_ref().unwrap().held.len();
        assert_eq!(held(), 1);
        std::thread::sleep(std::time::Duration::from_millis(20));
        limits.forget();
        assert_eq!(held(), 0);
    }
}
