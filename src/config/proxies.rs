//! The proxies in front of this program: only what they say about where a request came from is believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Addresses and networks of our own proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    bits: u128,
    prefix: u32,
}

impl TrustedProxies {
    /// Reads `10.0.0.5, 10.1.0.0/16, fd00::/8`; nothing means that nobody is believed.
    ///
    /// # Errors
    /// Something of it is neither an address nor a network.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                Network::parse(part).ok_or_else(|| {
                    format!("LEADGATE_TRUSTED_PROXIES must be addresses or networks like 10.0.0.5, 10.1.0.0/16; {part} is neither")
                })
            })
            .collect::<Result<_, _>>()
            .map(TrustedProxies)
    }

    /// Where a request came from: the peer itself, or, behind our proxies, the last hop that is not one of them
    /// (ASVS 5.0 V4.1.3). `forwarded` are the values of `X-Forwarded-For` in the order of arrival.
    pub fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        let hops = forwarded.rev().flat_map(|line| line.rsplit(','));
        for hop in hops {
            if !self.contains(client) {
                break;
            }
            let Some(address) = hop_address(hop.trim()) else { break };
            client = address;
        }
        client
    }

    /// Whether a request reached the outermost of our proxies without TLS. `forwarded` and `schemes` are the values of
    /// `X-Forwarded-For` and `X-Forwarded-Proto` in the order of arrival; each of our proxies either passes on what the
    /// one before it said or adds its own. Nobody else is believed.
    pub fn is_plain_http<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
        schemes: impl DoubleEndedIterator<Item = &'a str>,
    ) -> bool {
        if !self.contains(peer.to_canonical()) {
            return false;
        }
        let own_hops = forwarded
            .rev()
            .flat_map(|line| line.rsplit(','))
            .map_while(|hop| hop_address(hop.trim()))
            .take_while(|address| self.contains(*address))
            .count();
        let said = schemes.rev().flat_map(|line| line.rsplit(','));
        let outermost = said.take(own_hops + 1).last();
        outermost.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("http"))
    }

    fn contains(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        self.0
            .iter()
            .any(|network| network.prefix == 0 || (bits ^ network.bits) >> (128 - network.prefix) == 0)
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (longest, offset) = match address {
            IpAddr::V4(_) => (32, 96),
            IpAddr::V6(_) => (128, 0),
        };
        let prefix = prefix.unwrap_or(longest);
        (prefix <= longest).then(|| Network {
            bits: bits(address),
            prefix: prefix + offset,
        })
    }
}

fn hop_address(hop: &str) -> Option<IpAddr> {
    let address = hop.parse::<IpAddr>().ok();
    address
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
        .or_else(|| {
            let inner = hop.strip_prefix('[')?.strip_suffix(']')?;
            inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        })
        .map(|address| address.to_canonical())
}

/// IPv4 as its mapped form, so that one comparison serves both.
fn bits(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let proxies = TrustedProxies::parse(proxies).expect("good proxies");
        let peer = peer.parse().expect("an address");
        proxies.client(peer, forwarded.iter().copied()).to_string()
    }

    #[test]
    fn nobody_is_believed_who_is_not_configured() {
        assert_eq!(client("", "127.0.0.1", &["192.0.2.9"]), "127.0.0.1");
        assert_eq!(client("10.0.0.5", "10.0.0.6", &["192.0.2.9"]), "10.0.0.6");
    }

    #[test]
    fn the_last_hop_that_is_not_ours_is_the_client() {
        let forwarded = ["1.1.1.1, 192.0.2.9, 10.1.2.3"];
        assert_eq!(client("10.0.0.5,10.1.0.0/16", "10.0.0.5", &forwarded), "192.0.2.9");
        assert_eq!(
            client(
                "10.0.0.5,10.1.0.0/16",
                "::ffff:10.0.0.5",
                &["1.1.1.1", "192.0.2.9", "10.1.2.3"]
            ),
            "192.0.2.9"
        );
        assert_eq!(client("fd00::/8", "fd00::1", &["[2001:db8::1]:443"]), "2001:db8::1");
    }

    #[test]
    fn plain_http_is_what_the_outermost_of_our_proxies_says() {
        let is_plain = |proxies: &str, peer: &str, forwarded: &[&str], schemes: &[&str]| {
            let proxies = TrustedProxies::parse(proxies).expect("good proxies");
            let peer = peer.parse().expect("an address");
            proxies.is_plain_http(peer, forwarded.iter().copied(), schemes.iter().copied())
        };
        let ours = "10.0.0.5,10.1.0.0/16";

        assert!(is_plain(ours, "10.0.0.5", &["192.0.2.9"], &["http"]));
        assert!(is_plain(ours, "10.0.0.5", &[], &["HTTP"]));
        assert!(!is_plain(ours, "10.0.0.5", &["192.0.2.9"], &["https"]));
        assert!(!is_plain(ours, "10.0.0.5", &["192.0.2.9"], &[]));
        assert!(
            !is_plain(ours, "10.0.0.6", &["192.0.2.9"], &["http"]),
            "a stranger says so"
        );
        assert!(!is_plain("", "127.0.0.1", &[], &["http"]));
        assert!(
            is_plain(ours, "10.0.0.5", &["192.0.2.9"], &["https, http"]),
            "the client says https"
        );
        assert!(
            !is_plain(ours, "10.0.0.5", &["192.0.2.9, 10.1.2.3"], &["https, http"]),
            "plain between our proxies"
        );
        assert!(is_plain(
            ours,
            "10.0.0.5",
            &["192.0.2.9, 10.1.2.3"],
            &["https", "http, http"]
        ));
    }

    #[test]
    fn what_is_no_address_ends_the_search() {
        assert_eq!(client("10.0.0.5", "10.0.0.5", &["192.0.2.9, unknown"]), "10.0.0.5");
        assert_eq!(client("10.0.0.5", "10.0.0.5", &[]), "10.0.0.5");
    }

    #[test]
    fn a_list_with_a_mistake_is_refused() {
        assert!(TrustedProxies::parse("10.0.0.5, proxy.example").is_err());
        assert!(TrustedProxies::parse("10.0.0.0/33").is_err());
        assert!(TrustedProxies::parse(" ").is_ok());
    }
}
