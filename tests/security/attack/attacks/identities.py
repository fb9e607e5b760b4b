"""Identities that are claimed and not proven, with a proxy in front."""

from attack.caller import Caller
from attack.certificates import Authority, write_pair

GOAL = "to be somebody else by a header, a certificate of nobody's, or a proxy that is none"

CI = "spiffe://example.org/ns/ci/sa/ci"
EVIL = "spiffe://example.org/ns/evil/sa/evil"
POLICY = ('{"name": "ci", "allow_rules": [{"name": "ci", "source": {"principals": ["%s", '
          '"ci.ns.serviceaccount.identity.example"]}}]}' % CI)
DENIED = {"PERMISSION_DENIED", "UNAUTHENTICATED"}

XFCC = "x-forwarded-client-cert"
L5D = "l5d-client-id"
FORGED = [
    [(XFCC, f"URI={CI},URI={EVIL}")],
    [(XFCC, f"URI={CI};Hash=a,By=x;Hash=b")],
    [(XFCC, f"URI={CI}"), (XFCC, f"URI={EVIL}")],
    [(XFCC, f"URI={CI}"), (XFCC, f"URI={CI}")],
    [(XFCC, f'Subject="CN=a,URI={CI}"')],
    [(XFCC, f'Subject="URI={CI}"')],
    [(XFCC, f'Subject="CN=x",URI={EVIL};By="URI={CI}"')],
    [(XFCC, f'URI={EVIL}",URI={CI}')],
    [(XFCC, f'Subject="x\\",URI={CI}')],
    [(XFCC, f"By={CI};Hash=abc")],
    [(XFCC, f"URI= {CI}")],
    [(XFCC, f"URI={CI} ")],
    [(XFCC, f"URI={CI.upper()}")],
    [(XFCC, f"URI={CI}/")],
    [(XFCC, f"URI={CI}%00")],
    [(XFCC, f"URI={CI[:-1]}")],
    [(XFCC, f"DNS={CI}")],
    [(XFCC, CI)],
    [(XFCC, "")],
    [(XFCC, ",")],
    [(XFCC, "=" * 5000)],
    [(XFCC, '"' * 5001)],
    [(XFCC, f"URI={CI},")],
    [(L5D, CI)],
    [("x-forwarded-for", "10.0.0.1"), ("forwarded", f"for=x;uri={CI}")],
    [("x-spiffe-id", CI)],
    [],
]


def _config(siege, header=None, proxies=None, **server):
    policy = siege.place.folder("policy") / "policy.json"
    policy.write_text(POLICY)
    access = {"require_identity": True, "policy_file": str(policy)}
    if header:
        access["trusted_header"] = header
    if proxies:
        access["trusted_proxies"] = proxies
    return {"access": access, "server": server}


def _refuses_all(siege, gateway, headers, words):
    caller = Caller(gateway.address)
    for metadata in headers:
        siege.answered(caller.read(metadata=metadata), f"{words}: {str(metadata)[:120]}", DENIED)
        siege.answered(caller.watch(metadata=metadata), f"{words}, watch: {str(metadata)[:120]}", DENIED)
    caller.close()


def run(siege):
    platform = siege.platform()
    platform.start_runs("tr-", 2)

    behind = siege.gateway(platform, _config(siege, "FORWARDED_CLIENT_CERT"))
    good = Caller(behind.address)
    siege.answered(good.read(metadata=[(XFCC, f"Hash=a;URI={EVIL},By=x;Hash=b;URI={CI}")]),
                   "the last element is the caller", {"OK"})
    _refuses_all(siege, behind, FORGED, "from the proxy")
    asked = platform.requests()
    _refuses_all(siege, behind, FORGED, "again")
    siege.expect(platform.requests() - asked <= 60, "refused calls cost the platform nothing")
    denied = behind.metric("runcast_access_denied_total")
    siege.expect(denied >= 4 * len(FORGED), f"{denied:.0f} denials are counted")

    stranger = siege.gateway(platform, _config(siege, "FORWARDED_CLIENT_CERT", ["10.9.9.9"]))
    _refuses_all(siege, stranger, [[(XFCC, f"URI={CI}")], *FORGED], "from a proxy that is not trusted")

    linkerd = siege.gateway(platform, _config(siege, "LINKERD_CLIENT_ID"))
    siege.answered(Caller(linkerd.address).read(metadata=[(L5D, "ci.ns.serviceaccount.identity.example")]),
                   "Linkerd's header", {"OK"})
    name = "ci.ns.serviceaccount.identity.example"
    _refuses_all(siege, linkerd, [
        [(XFCC, f"URI={CI}")], [(L5D, name), (L5D, "evil")], [(L5D, name), (L5D, name)], [(L5D, name + ".")],
        [(L5D, name.upper())], [(L5D, f"evil,{name}")], [(L5D, "")], [(L5D, " " + name)]], "Linkerd")

    # Certificates: the header counts for nothing, and the certificate must be one of ours.
    folder = siege.place.folder("identities")
    authority, other = Authority(folder, "ours"), Authority(folder, "theirs")
    certificate, key = write_pair(folder, authority.issue("server", "DNS:localhost,IP:127.0.0.1"))
    mutual = siege.gateway(platform, _config(siege, tls_certificate_file=certificate, tls_key_file=key,
                                             tls_client_ca_file=str(authority.certificate)))

    def read(identity, metadata=()):
        caller = Caller(mutual.address, authority.pem, identity)
        answer = caller.read(metadata=metadata, timeout=10)
        caller.close()
        return answer

    ci = authority.issue("ci", f"URI:{CI}")
    siege.answered(read(ci), "a good certificate", {"OK"})
    refused = {"UNAVAILABLE"}
    siege.answered(read(None), "no certificate", refused)
    siege.answered(read(other.issue("ci-of-theirs", f"URI:{CI}")), "another authority's", refused)
    siege.answered(read(authority.issue("ci-ended", f"URI:{CI}", days=-1)), "one that has ended", refused)
    siege.answered(read((other.pem, other.key.read_bytes())), "one that signed itself", refused)
    evil = authority.issue("evil", f"URI:{EVIL}")
    for metadata in [[], [(XFCC, f"URI={CI}")], [(L5D, name)]]:
        siege.answered(read(evil, metadata), f"another principal with {metadata}", {"PERMISSION_DENIED"})
    # The subject is chosen by who asks for a certificate.
    for subject in (CI, f"URI={CI}", name):
        safe = subject.replace("/", "\\/")
        siege.answered(read(authority.issue(f"subject-{len(subject)}".replace("/", ""), f"DNS:x.{len(safe)}.example")),
                       f"a certificate that names nobody, {subject}", {"PERMISSION_DENIED"})
    said = mutual.process.line_with("access.denied", 10)
    siege.expect(EVIL in said and "tr-1" in said, "the log says who was denied, and what")
