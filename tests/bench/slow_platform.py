"""A lean pretended platform that answers a send after a fixed latency; prints its port, counts on /count."""

import asyncio
import json
import sys
from itertools import count
from urllib.parse import urlsplit

TOKEN = {"access_token": "t" * 120, "expires_in": 7200}
MSGIDS = count(3_500_000_000_000_000_001)


async def serve(latency_s: float) -> None:
    seen: set[str] = set()
    sends = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sends
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = urlsplit(head.split(b" ", 2)[1].decode()).path
                body = await reader.readexactly(_length(head))
                if path.endswith("/message/template/send"):
                    await asyncio.sleep(latency_s)
                    wanted = json.loads(body)
                    sends += 1
                    seen.add(f"{wanted['touser']} {wanted.get('client_msg_id', sends)}")
                    answer = {"errcode": 0, "errmsg": "ok", "msgid": next(MSGIDS)}
                elif path == "/count":
                    answer = {"sends": sends, "distinct": len(seen)}
                    seen.clear()
                    sends = 0
                else:
                    answer = TOKEN
                text = json.dumps(answer).encode()
                start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                writer.write(start % len(text) + text)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
