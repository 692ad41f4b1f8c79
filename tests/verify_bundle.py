#!/usr/bin/env python3
"""A second verifier of bundles, which shares nothing with the first: verify_bundle.py TRUST BUNDLE [--since CHECKPOINT] ...

For each bundle a line: 0 sound, 1 tampering, 2 it cannot be concluded, 3 nobody who is trusted signed it; and why. The
exit code is the worst of them (1, 3, 2, 0); 64 if there was nothing to verify. Standard library only.
TRUST has lines `log KEY [FIRST [LAST]]`. What it does not judge: witnesses (a TRUST that names any is 2), which period was asked for, how old the
log is, what commitments stand for, and what entries say of each other and of the keys.
"""
import base64, hashlib, json, re, sys, unicodedata

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def ed_add(a, b):  # RFC 8032, 5.1.4, in extended coordinates
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    o, q = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, q - o, q + o, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def ed_mul(s, a):
    sum_ = (0, 1, 1, 0)
    while s:
        sum_, a, s = ed_add(sum_, a) if s & 1 else sum_, ed_add(a, a), s >> 1
    return sum_


def ed_point(text):  # 5.1.3
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    x = x * pow(2, (P - 1) // 4, P) % P if (x * x - xx) % P else x
    if y >= P or (x * x - xx) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def ed_verify(public, message, signature):  # 5.1.7
    a, r, s = ed_point(public), ed_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    one, other = ed_mul(s, ed_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))), ed_add(r, ed_mul(h, a))
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


class Verdict(Exception):
    pass


def need(true, code, why):
    if not true:
        raise Verdict(code, why)


def b64(text, why):
    raw = base64.b64decode(text, validate=True) if re.fullmatch(rb"[A-Za-z0-9+/]*={0,2}", text) and len(text) % 4 == 0 else None
    need(raw is not None and base64.b64encode(raw) == text, 1, why)
    return raw


def checkpoint(note, keys):
    text, _, lines = note.rpartition(b"\n\n")
    text, signed = text + b"\n", []
    need(lines.endswith(b"\n"), 1, "no note")
    for line in lines[:-1].split(b"\n"):
        name, _, raw = line.removeprefix("\u2014 ".encode()).partition(b" ")
        raw = b64(raw, "a signature is malformed")
        for key_name, key_id, public, first, last in keys:
            if name == key_name and raw[:4] == key_id:
                need(ed_verify(public, text, raw[4:]), 1, "a signature is forged")
                signed.append(range(first, last + 1))
    need(signed, 3, "no trusted key signed it")
    match = re.fullmatch(rb"([^\s+]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/=]+)\n", text)
    need(match is not None, 1, "the checkpoint is malformed")
    need(any(key[0] == match[1] for key in keys), 3, "another log")
    need(any(int(match[2]) in sizes for sizes in signed), 3, "no trusted key that may sign at this size signed it")
    return match[1], int(match[2]), b64(match[3], "the root is malformed")


def well_formed(value, depth=8):
    if isinstance(value, dict):
        return depth > 0 and all(re.fullmatch("[a-z][A-Za-z0-9]*", key) and well_formed(one, depth - 1) for key, one in value.items())
    if isinstance(value, list):
        return depth > 0 and all(well_formed(one, depth - 1) for one in value)
    if isinstance(value, str):
        return unicodedata.is_normalized("NFC", value)
    return isinstance(value, bool) or isinstance(value, int) and abs(value) < 2**53


# What an entry of each log may say.
BOTH = set("v id at kind outcome actor req origin deployment keyId follows rotated".split())
FIELDS = {
    b"disclosure": BOTH | set("basis case channel condition consents copies decidedBy direction grounds identified items lawfulBasis".split())
    | set("disposed purpose reason recipient recipientPerson rel rules subjects told".split()),
    b"access": BOTH | set("accessReason auditReference cases operation role rowVersion sealedDigest target".split()),
}


def entry(line, last, ids, fields):
    try:
        body = json.loads(line.decode())
        form = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError):
        raise Verdict(1, "an entry is no JSON")
    need(isinstance(body, dict) and form == line and well_formed(body) and len(line) <= 65536, 1, "an entry is not canonical")
    need({"v", "id", "at", "kind", "outcome", "actor", "req"} <= body.keys() and body["v"] == 1, 1, "an entry lacks a field")
    need(body.keys() <= fields, 1, "an entry has a field that the log has not")
    need(body["at"] >= last and body["id"] not in ids, 1, "an entry is out of order or stands twice")
    ids.add(body["id"])
    return body["at"]


class Tree:
    def __init__(self):
        self.size, self.full = 0, []

    def push(self, height, node):
        need(self.size % (1 << height) == 0, 1, "the proof does not fit")
        while self.full and self.full[-1][0] == height:
            node, height = hashlib.sha256(b"\1" + self.full.pop()[1] + node).digest(), height + 1
        self.full.append((height, node))
        self.size = sum(1 << height for height, _ in self.full)

    def root(self):
        nodes = [node for _, node in self.full] or [hashlib.sha256(b"").digest()]
        while len(nodes) > 1:
            nodes[-2:] = [hashlib.sha256(b"\1" + nodes[-2] + nodes[-1]).digest()]
        return nodes[0]


def verify(text, keys, kept):
    need(text.split(b"\n")[0] == b"sendiass-bundle/v1", 2, "no bundle")
    head, found, rest = text.partition(b"\nentries\n")
    need(found, 2, "it ends in its head")
    match = re.fullmatch(rb"sendiass-bundle/v1\n(.+\n)range (0|[1-9][0-9]*) (0|[1-9][0-9]*) (0|[1-9][0-9]*)((\n[^\n]+)*)", head, re.S)
    need(match is not None, 1, "the head is malformed")
    name, size, root = checkpoint(match[1], keys)
    start, end, proof = int(match[2]), int(match[3]), [b64(line, "a hash is malformed") for line in match[5].split(b"\n")[1:]]
    need(start <= end <= size == int(match[4]), 1, "the range is not one of the checkpoint")
    old = checkpoint(kept, keys) if kept else None
    if old:
        need(old[0] == name, 3, "what was kept is of another log")
        need(old[1] <= size, 1, "the log is shorter than what was kept")
        need(old[1] != size or old[2] == root, 1, "two roots of one size")
    tree, last, ids, lines, was = Tree(), "", set(), rest.split(b"\n"), None
    while tree.size < start:
        need(proof, 1, "the proof is too short")
        tree.push((start - tree.size).bit_length() - 1, proof.pop(0))
    for n in range(start, end + 1):
        was = tree.root() if old and old[1] == n else was
        if n < end:
            need(n - start < len(lines) - 1, 2, "entries are missing at the end")
            last = entry(lines[n - start], last, ids, FIELDS.get(name.split(b"/")[-2], BOTH))
            tree.push(0, hashlib.sha256(b"\0" + lines[n - start]).digest())
    need(lines[end - start :] == [b""], 1, "there is more after the last entry")
    while tree.size < size:
        need(proof, 1, "the proof is too short")
        room = (size - tree.size).bit_length() - 1
        tree.push(min(room, (tree.size & -tree.size).bit_length() - 1) if tree.size else room, proof.pop(0))
    need(not proof and tree.root() == root, 1, "the entries are not those that were signed")
    need(not old or old[1] == size or was is not None, 2, "what was kept is not covered")
    need(not old or old[1] == size or was == old[2], 1, "what was kept was changed since")


def trusted(file):
    keys = []
    for words in (line.split("#")[0].split() for line in open(file, encoding="utf-8")):
        if words:
            need(words[0] == "log" and 2 <= len(words) <= 4, 2, "the trust file says something that this verifier does not judge")
            name, key_id, raw = words[1].split("+", 2)
            first, last = [int(size) for size in words[2:]] + [0, 2**64 - 1][len(words) - 2 :]
            keys.append((name.encode(), bytes.fromhex(key_id), base64.b64decode(raw)[1:], first, last))
    return keys


def main(trust, *asked):
    codes = []
    while asked:
        file, *asked = asked
        kept = asked[1] if asked[:1] == ["--since"] else None
        asked = asked[2:] if kept else asked
        try:
            verify(open(file, "rb").read(), trusted(trust), open(kept, "rb").read() if kept else None)
            said = 0, "sound"
        except Verdict as verdict:
            said = verdict.args
        print(*said, flush=True)
        codes.append(said[0])
    return min(codes, key=[1, 3, 2, 0].index, default=64)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
