"""Authorities and certificates of one attack, by the openssl command."""

import subprocess


def _openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, check=True,
                          capture_output=True, timeout=60).stdout


class Authority:
    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key, self.certificate = folder / f"{name}.key", folder / f"{name}.pem"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-days", "2", "-keyout", self.key, "-out",
                 self.certificate, "-addext", "basicConstraints=critical,CA:TRUE")
        self.pem = self.certificate.read_bytes()

    def issue(self, name, names="", days=1):
        """(certificate, key) as PEM. `names`: `DNS:localhost,IP:127.0.0.1,URI:spiffe://…`; negative
        days: it has ended."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n" if names else "")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        if days < 0:
            # `x509 -req` knows no date in the past.
            base = self.folder / f"{name}.ca"
            base.mkdir()
            (base / "index").write_text("")
            (base / "serial").write_text("01\n")
            (base / "conf").write_text(
                f"[ca]\ndefault_ca=d\n[d]\ndatabase={base}/index\nserial={base}/serial\n"
                f"new_certs_dir={base}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
            certificate = _openssl("ca", "-batch", "-notext", "-config", base / "conf", "-cert",
                                   self.certificate, "-keyfile", self.key, "-in", request,
                                   "-startdate", "20200101000000Z", "-enddate", "20200102000000Z",
                                   "-extfile", extensions)
        else:
            certificate = _openssl("x509", "-req", "-in", request, "-CA", self.certificate,
                                   "-CAkey", self.key, "-CAcreateserial", "-days", days,
                                   "-extfile", extensions)
        return certificate, key.read_bytes()


def write_pair(folder, pair, name="server"):
    """The paths of certificate and key."""
    certificate, key = folder / f"{name}-tls.crt", folder / f"{name}-tls.key"
    certificate.write_bytes(pair[0])
    key.write_bytes(pair[1])
    return str(certificate), str(key)
