# SIGNING_SECRET=whsec_… python3 receiver.py: takes what a webhook output delivers, and checks its signature (https://www.standardwebhooks.com).
import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["SIGNING_SECRET"].removeprefix("whsec_"))

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        id, sent = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        mac = hmac.new(KEY, f"{id}.{sent}.".encode() + body, hashlib.sha256).digest()
        right = b"v1," + base64.b64encode(mac)
        given = self.headers.get("webhook-signature", "").split()
        signed = any(hmac.compare_digest(signature.encode(), right) for signature in given)
        genuine = signed and abs(time.time() - int(sent)) < 300
        if genuine: print(id, json.loads(body), flush=True)  # handle it once: every attempt has the same id
        self.send_response(204 if genuine else 401)
        self.end_headers()

server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 9999))), Receiver)
print("listening on port", server.server_port, flush=True)
server.serve_forever()
