"""A home-made LMS as agencies have them (Laravel), a small Flask app over real HTTP.

It has the traps of such systems: a parameter that it does not know is overlooked, so that everybody
is found; refusals come under 200; and an award that is asked for twice makes two badges.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from lms_bridge.sandbox.city import BUDI, TIUR
from tests.simpeg.office import Office, Row

PAGE_SIZE = 2


class Elearning(Office):
    """Accounts, courses, who has completed them, and badges; see :meth:`Office.order`."""

    def __init__(self) -> None:
        self.users: dict[str, Row] = {
            "4": _user("4", "siti", "Siti Rahmawati", "19870315 201001 2 001"),
            "5": _user("5", "budi", "Budi Santoso", BUDI),
            "6": _user("6", "tiur", "Tiurma", TIUR, status="nonaktif"),
        }
        self.courses = [
            {"id": number, "kode": code, "judul": name}
            for number, code, name in (
                (7, "ELEARN-LITDIG-2026", "Literasi Digital ASN"),
                (8, "ELEARN-SRIKANDI", "Srikandi"),
                (9, None, "Uji coba"),
            )
        ]
        self.completions: list[Row] = []
        self.badges: list[Row] = []
        super().__init__()

    def routes(self, app: Flask) -> None:
        app.before_request(self._let_in)
        app.post("/api/users/search")(self._search)
        app.get("/api/users/<user_id>")(self._user)
        app.get("/api/courses")(lambda: _page(self.courses))
        app.get("/api/courses/<int:course>/completions")(self._completions)
        app.get("/api/users/<user_id>/badges")(self._badges)
        app.post("/api/badges")(self._award)
        app.delete("/api/badges/<int:badge>")(self._revoke)

    def refusal(self) -> Any:
        return {"success": False, "message": "Lencana tidak aktif"}

    def complete(self, user_id: str, at: str, course: int = 7, status: str = "lulus") -> None:
        """Somebody completes a course."""
        user = {name: self.users[user_id][name] for name in ("id", "nip", "nama")}
        self.completions.append(
            {"course": course, "user": user, "selesai_pada": at, "status": status}
        )

    def badges_of(self, user_id: str) -> list[str]:
        """What badges somebody has, by their codes."""
        return [one["kode"] for one in self.badges if one["user"] == user_id and not _gone(one)]

    def _let_in(self) -> Any:
        if request.headers.get("Authorization") != f"Bearer {self.secret}":
            return {"message": "Unauthenticated."}, 401
        return None

    def _search(self) -> Any:
        asked = request.get_json()
        nip = str(asked.get("nip", "")).replace(" ", "")
        found = [
            user
            for user in self.users.values()
            if "nip" not in asked or user["nip"].replace(" ", "") == nip
        ]
        return {"data": found}

    def _user(self, user_id: str) -> Any:
        if user_id not in self.users:
            return {"message": "No query results for model [User]"}, 404
        return {"data": self.users[user_id]}

    def _completions(self, course: int) -> Any:
        since = request.args["sejak"]
        rows = [one for one in self.completions if one["course"] == course]
        return _page([one for one in rows if one["selesai_pada"] >= since])

    def _badges(self, user_id: str) -> Any:
        return {"data": [one for one in self.badges if one["user"] == user_id]}

    def _award(self) -> Any:
        sent = request.get_json()
        if sent["kode"] != "LITDIG":
            return {"message": "The selected kode is invalid.", "errors": {"kode": ["?"]}}, 422
        with self.lock:
            badge = {
                "id": 4711 + len(self.badges),
                "user": sent["user_id"],
                "kode": sent["kode"],
                "acuan": sent["acuan"],
                "nomor": sent["nomor"],
                "tautan": f"https://elearning.example/lencana/{4711 + len(self.badges)}",
                "terbit_pada": "2026-11-24T03:00:00.000000Z",
                "dicabut_pada": None,
            }
            self.badges.append(badge)
        return {"success": True, "data": badge}, 201

    def _revoke(self, badge: int) -> Any:
        for one in self.badges:
            if one["id"] == badge and not _gone(one):
                one["dicabut_pada"] = "2026-11-25T03:00:00.000000Z"
                return "", 204
        return {"message": "No query results for model [Badge]"}, 404


def _user(user_id: str, username: str, name: str, nip: str, status: str = "aktif") -> Row:
    return {
        "id": int(user_id),
        "username": username,
        "nama": name,
        "nip": nip,
        "email": f"{username}@example.go.id",
        "status": status,
    }


def _gone(badge: Row) -> bool:
    return badge["dicabut_pada"] is not None


def _page(rows: list[Row]) -> Any:
    number = int(request.args.get("page", 1))
    last = max(1, -(-len(rows) // PAGE_SIZE))
    shown = rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return {"data": shown, "meta": {"current_page": number, "last_page": last}}
