#!/usr/bin/python3
"""A user's own model beside Tickmesh: hears ticks on the bus, posts predictions to the API.

The model here is a toy (it leans with the last few mids) and no evidence of profit; put yours in the place of `Lean`."""
import argparse
import collections
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile

EXAMPLES = """examples:
  ./predict.py --symbols AAPL.DEMO,MSFT.DEMO
  ./predict.py --ticks ipc:///opt/tickmesh/var/run/tick_ingestor-0.pub --api unix:/opt/tickmesh/var/run/api.sock
  ./predict.py --api 127.0.0.1:8080 --token-file var/secrets/predictions_token --count 10"""


def load_messages(proto):
    """The messages of tickmesh.v1, made from their .proto files by protoc at this start."""
    out = tempfile.mkdtemp(prefix="tickmesh-proto-")
    folder = os.path.join(proto, "tickmesh", "v1")
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".proto"))
    subprocess.run(["protoc", "-I", proto, f"--python_out={out}", *files], check=True)
    sys.path.insert(0, out)
    from tickmesh.v1 import bus_pb2, tick_pb2

    return bus_pb2, tick_pb2


def instrument_id(symbol):
    """FNV-1a, 64 bits, of SYMBOL.VENUE: what names an instrument in a tick."""
    h = 0xCBF29CE484222325
    for byte in symbol.encode():
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


class Lean:
    """Long when the mid stands above the mean of its last n, short below, with how far it does as confidence."""

    name = "lean-1"

    def __init__(self, n):
        self.mids = collections.deque(maxlen=n)

    def heard(self, bid, ask):
        """Side and confidence, or None while there is nothing to say."""
        self.mids.append((bid + ask) / 2)
        if len(self.mids) < self.mids.maxlen:
            return None
        mean = sum(self.mids) / len(self.mids)
        off = (self.mids[-1] - mean) / max(ask - bid, 1e-9)
        side = "long" if off > 0.25 else "short" if off < -0.25 else "flat"
        return side, round(min(1.0, 0.5 + abs(off) / 4), 3)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("tickmesh", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


def post(api, token, rows):
    """What the API answers: {"accepted": n, "rejected": [...]}; an answer comes once the journal has what was accepted."""
    connection = UnixConnection(api[len("unix:"):]) if api.startswith("unix:") else http.client.HTTPConnection(api, timeout=20)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request("POST", "/api/v1/predictions", json.dumps(rows), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"the API answers {answer.status}: {text}")
    return json.loads(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ticks", default="ipc://var/run/tick_ingestor-0.pub", help="the ingestor's PUB socket (%(default)s)")
    parser.add_argument("--api", default="unix:var/run/api.sock", help="unix:PATH, or HOST:PORT with a token (%(default)s)")
    parser.add_argument("--token-file", help="bearer token for HOST:PORT: the mesh's api.predictions_token_file")
    parser.add_argument("--proto", default="proto", help="folder that holds tickmesh/v1/*.proto (%(default)s)")
    parser.add_argument("--symbols", default="AAPL.DEMO", help="SYMBOL.VENUE, comma-separated (%(default)s)")
    parser.add_argument("--window", type=int, default=20, help="quotes the model looks at (%(default)s)")
    parser.add_argument("--horizon", type=float, default=30, help="seconds a prediction holds (%(default)s)")
    parser.add_argument("--count", type=int, default=0, help="end after so many predictions; 0: never (%(default)s)")
    options = parser.parse_args()
    import zmq  # only now: --help asks for nothing

    bus, tick = load_messages(options.proto)
    token = open(options.token_file, encoding="ascii").read().strip() if options.token_file else ""
    symbols = {instrument_id(s): s for s in options.symbols.split(",")}
    models = {of: Lean(options.window) for of in symbols}
    said = {}
    subscriber = zmq.Context().socket(zmq.SUB)
    subscriber.connect(options.ticks)
    subscriber.setsockopt_string(zmq.SUBSCRIBE, "tick.")
    print("listening", flush=True)
    posted = 0
    while options.count == 0 or posted < options.count:
        _, body = subscriber.recv_multipart()
        rows = []
        for run in bus.Batch.FromString(body).runs:
            for t in run.ticks:
                if t.instrument_id not in symbols or t.kind != tick.TICK_KIND_QUOTE or not t.bid_e8 or not t.ask_e8:
                    continue
                view = models[t.instrument_id].heard(t.bid_e8 / 1e8, t.ask_e8 / 1e8)
                if view is None or said.get(t.instrument_id) == view[0]:
                    continue  # a word once said holds until it expires or another is said
                said[t.instrument_id] = view[0]
                # time_ns is the mesh's clock when it took the tick, on which predictions expire.
                rows.append({"symbol": symbols[t.instrument_id], "side": view[0], "confidence": view[1], "horizon_s": options.horizon,
                             "model": Lean.name, "as_of": t.time_ns})
        if not rows:
            continue
        answer = post(options.api, token, rows)
        posted += answer["accepted"]
        print(json.dumps({"posted": rows, "answer": answer}), flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
