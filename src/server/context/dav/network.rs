//! Which networks a source may live in.
//!
//! Users name the servers that this one then talks to, so without a guard they
//! could reach what only this machine can reach: its loopback, its neighbours, the
//! metadata service of a cloud (server-side request forgery). Public addresses are
//! open; everything else only by the setting `allowed_networks`.
//!
//! A literal address in the URL never passes through a resolver, and a name may
//! resolve to something else each time. So both are checked, and the connection
//! goes to the very addresses that were: the guard is the resolver.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// The setting that opens a network, as errors name it.
const SETTING: &str = "allowed_networks in [leitl.context]";

/// IPv4 networks that are not public (IANA's special-purpose registry).
const SPECIAL_V4: [(Ipv4Net, &str); 15] = [
    (v4([0, 0, 0, 0], 8), "unspecified"),
    (v4([10, 0, 0, 0], 8), "private"),
    (v4([100, 64, 0, 0], 10), "carrier-grade NAT"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    (v4([169, 254, 0, 0], 16), "link-local"),
    (v4([172, 16, 0, 0], 12), "private"),
    (v4([192, 0, 0, 0], 24), "reserved"),
    (v4([192, 0, 2, 0], 24), "documentation"),
    (v4([192, 88, 99, 0], 24), "reserved"),
    (v4([192, 168, 0, 0], 16), "private"),
    (v4([198, 18, 0, 0], 15), "benchmarking"),
    (v4([198, 51, 100, 0], 24), "documentation"),
    (v4([203, 0, 113, 0], 24), "documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// IPv6 networks that are not public. What is outside of `2000::/3` and not named
/// here is reserved.
const SPECIAL_V6: [(Ipv6Net, &str); 8] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "private"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
    // Teredo, benchmarking and other protocol assignments.
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "reserved"),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"),
];

const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(segments: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = segments;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// Decides which addresses may be connected to.
#[derive(Clone, Debug, Default)]
pub struct NetworkGuard {
    allowed: Vec<IpNet>,
    own: Option<SocketAddr>,
}

/// The kind of network that an address was refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "it is in a {} network, which sources may not use unless {SETTING} names it",
            self.0
        )
    }
}

impl std::error::Error for Refused {}

/// A name that did not resolve.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct LookupFailed(String);

impl NetworkGuard {
    /// A guard that lets public addresses pass, the given networks, and this server's
    /// own address and port, where the built-in share is.
    pub fn new(allowed: Vec<IpNet>, own: Option<SocketAddr>) -> Self {
        Self { allowed, own }
    }

    /// Checks an address.
    pub(super) fn check(&self, address: SocketAddr) -> Result<(), Refused> {
        let ip = address.ip().to_canonical();
        let own = self
            .own
            .is_some_and(|own| (own.ip().to_canonical(), own.port()) == (ip, address.port()));
        if own || self.allowed.iter().any(|network| network.contains(&ip)) {
            return Ok(());
        }
        match special(ip) {
            Some(kind) => Err(Refused(kind)),
            None => Ok(()),
        }
    }

    /// Checks the host of a URL where it is a literal address, in any spelling that
    /// URLs know (`2130706433`, `0x7f.1`, `[::ffff:127.0.0.1]`).
    pub(super) fn check_literal(&self, url: &Url) -> Result<(), Refused> {
        let port = url.port_or_known_default().unwrap_or_default();
        // An IPv6 address stands in brackets; `Url` has normalised both kinds.
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse();
        match literal {
            Ok(ip) => self.check(SocketAddr::new(ip, port)),
            Err(_) => Ok(()),
        }
    }

    /// A resolver that gives only addresses that may be connected to on this port.
    pub(super) fn resolver(&self, port: u16) -> Arc<dyn Resolve> {
        Arc::new(GuardedResolver {
            guard: self.clone(),
            port,
        })
    }
}

/// The kind of a network that is not public; nothing for a public address.
fn special(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => SPECIAL_V4
            .iter()
            .find(|(network, _)| network.contains(&ip))
            .map(|(_, kind)| *kind),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(inner) => special(IpAddr::V4(inner)),
            None => SPECIAL_V6
                .iter()
                .find(|(network, _)| network.contains(&ip))
                .map(|(_, kind)| *kind)
                .or_else(|| (!GLOBAL_UNICAST.contains(&ip)).then_some("reserved")),
        },
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped ones (RFC 4291, section
/// 2.5.5.2), NAT64 (RFC 6052) and 6to4 (RFC 3056).
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(join(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        _ => None,
    }
}

struct GuardedResolver {
    guard: NetworkGuard,
    port: u16,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, port) = (self.guard.clone(), self.port);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), port))
                .await
                .map_err(|error| LookupFailed(error.to_string()))?;
            let (mut permitted, mut refused) = (Vec::new(), None);
            for address in found {
                match guard.check(address) {
                    Ok(()) => permitted.push(address),
                    Err(reason) => {
                        tracing::debug!("{} resolves to {address}: {reason}", name.as_str());
                        refused = Some(reason);
                    }
                }
            }
            match (permitted.is_empty(), refused) {
                (true, Some(reason)) => Err(reason.into()),
                (true, None) => Err(LookupFailed("it has no address".to_owned()).into()),
                (false, _) => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(guard: &NetworkGuard, url: &str) -> Result<(), Refused> {
        guard.check_literal(&Url::parse(url).unwrap())
    }

    #[test]
    fn only_public_addresses_pass() {
        let guard = NetworkGuard::default();
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "017700000001",
            "[::ffff:127.0.0.1]",
            "[::1]",
            "[::]",
            "[::127.0.0.1]",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "100.64.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[ff02::1]",
            "[2001:db8::1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2001:0:4136:e378::]",
        ] {
            assert!(
                literal(&guard, &format!("http://{host}/")).is_err(),
                "{host}"
            );
        }
        for host in [
            "8.8.8.8",
            "172.32.0.1",
            "[2606:4700::1]",
            "[64:ff9b::8.8.8.8]",
            "[::ffff:8.8.8.8]",
            // Names are the resolver's business.
            "localhost",
        ] {
            assert_eq!(
                literal(&guard, &format!("http://{host}/")),
                Ok(()),
                "{host}"
            );
        }
    }

    #[test]
    fn settings_open_networks() {
        let guard = NetworkGuard::new(vec!["10.1.0.0/16".parse().unwrap()], None);
        assert_eq!(literal(&guard, "http://10.1.2.3/"), Ok(()));
        assert_eq!(literal(&guard, "http://[::ffff:10.1.2.3]/"), Ok(()));
        let refused = literal(&guard, "http://10.2.2.3/").unwrap_err().to_string();
        assert!(
            refused.contains("private") && refused.contains("allowed_networks"),
            "{refused}"
        );
    }

    #[test]
    fn the_own_share_is_one_port() {
        let guard = NetworkGuard::new(Vec::new(), Some("127.0.0.1:8000".parse().unwrap()));
        assert_eq!(literal(&guard, "http://127.0.0.1:8000/dav/"), Ok(()));
        assert!(literal(&guard, "http://127.0.0.1:8001/dav/").is_err());
        assert!(literal(&guard, "http://127.0.0.2:8000/dav/").is_err());
    }

    #[tokio::test]
    async fn names_resolve_to_permitted_addresses_only() {
        let name = || "localhost".parse::<Name>().unwrap();
        let closed = NetworkGuard::default().resolver(80).resolve(name()).await;
        assert!(closed.err().unwrap().is::<Refused>());
        let guard = NetworkGuard::new(vec!["127.0.0.0/8".parse().unwrap()], None);
        let open: Vec<_> = guard.resolver(80).resolve(name()).await.unwrap().collect();
        assert!(!open.is_empty() && open.iter().all(|address| address.is_ipv4()));
    }
}
