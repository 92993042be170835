#!/usr/bin/env python3
"""A tour of Backstock with a public gRPC client: tour.py HOST:PORT

Every answer is checked; the first that is not as it should be ends the tour with exit code 1.
"""

import datetime
import pathlib
import sys
import uuid

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_MAX = 30


def generate_client():
    """Generates the client from proto/, and makes it importable."""
    from grpc_tools import protoc

    out = ROOT / "target" / "python-tour" / "client"
    out.mkdir(parents=True, exist_ok=True)
    files = sorted((ROOT / "proto" / "backstock" / "v1").glob("*.proto"))
    wellknown = pathlib.Path(protoc.__file__).parent / "_proto"
    sources = [f"-I{ROOT / 'proto'}", f"-I{wellknown}"]
    targets = [f"--python_out={out}", f"--grpc_python_out={out}"]
    if protoc.main(["protoc", *sources, *targets, *map(str, files)]) != 0:
        raise SystemExit("protoc failed")
    sys.path.insert(0, str(out))


generate_client()
# pylint: disable=wrong-import-position
from backstock.v1 import (  # noqa: E402
    insight_pb2,
    insight_pb2_grpc,
    inventory_pb2,
    inventory_pb2_grpc,
    plan_pb2,
    plan_pb2_grpc,
    reason_pb2,
)


class Tour:
    """A server, and a programme that nobody else uses."""

    def __init__(self, channel):
        self.channel = channel
        self.program = f"tour-{uuid.uuid4().hex[:8]}"
        self.inventory = inventory_pb2_grpc.InventoryServiceStub(channel)
        self.plan = plan_pb2_grpc.PlanServiceStub(channel)
        self.insight = insight_pb2_grpc.InsightServiceStub(channel)

    def request(self, kind, request_id, **fields):
        """A write: the programme and a request id go into each."""
        return kind(program=self.program, request_id=request_id, **fields)

    def stock(self, sku):
        """What there is of one SKU."""
        request = insight_pb2.GetAvailabilityRequest(program=self.program, skus=[sku])
        return self.insight.GetAvailability(request, timeout=SECONDS_MAX).items[0]


def expect(what, found, wanted):
    """Ends the tour where an answer is not as it should be."""
    if found != wanted:
        raise SystemExit(f"tour: {what} is {found!r}, not {wanted!r}")


def show(title, text=""):
    """One line for the reader."""
    print(f"{title:<42} {text}".rstrip(), flush=True)


def shown_line(line):
    """A line of a reservation in a few words."""
    words = f"{line.sku}: {line.ordered} ordered, {line.allocated} allocated"
    return f"{words}, {line.backordered} backordered, {line.shipped} shipped"


def line_of(reservation, sku):
    """The numbers of one line: ordered, allocated, backordered, shipped, released."""
    line = next(line for line in reservation.lines if line.sku == sku)
    return (line.ordered, line.allocated, line.backordered, line.shipped, line.released)


def lines(**quantities):
    """Lines of a request, for example lines(TEE=2)."""
    return [inventory_pb2.Line(sku=sku, quantity=units) for sku, units in quantities.items()]


def refused(call, request, reason):
    """Makes a call that must be refused. Returns its ErrorInfo, its Refusal and the raw details."""
    try:
        call(request, timeout=SECONDS_MAX)
    except grpc.RpcError as error:
        status = rpc_status.from_call(error)
        if status is None:
            raise SystemExit(f"tour: no details with {error.code()}: {error.details()}") from error
        info, refusal = error_details_pb2.ErrorInfo(), reason_pb2.Refusal()
        for detail in status.details:
            detail.Unpack(info)
            detail.Unpack(refusal)
        expect("the reason", (info.domain, info.reason), ("backstock.v1", reason))
        return error.code(), info, refusal, status.SerializeToString(deterministic=True)
    raise SystemExit(f"tour: this was not refused as {reason}: {request}")


def serves(tour):
    """The standard health and reflection services answer for ours."""
    health = health_pb2_grpc.HealthStub(tour.channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for service in ["", "backstock.v1.InventoryService"]:
        answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS_MAX)
        expect(f"the health of `{service}`", answer.status, serving)
    show("health", "SERVING")
    reflection = reflection_pb2_grpc.ServerReflectionStub(tour.channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    answer = next(reflection.ServerReflectionInfo(asked, timeout=SECONDS_MAX))
    names = {service.name for service in answer.list_services_response.service}
    ours = {f"backstock.v1.{name}Service" for name in ["Inventory", "Plan", "Insight"]}
    expect("reflection without our services", ours - names, set())
    show("reflection", ", ".join(sorted(ours)))


def set_up(tour):
    """A programme with two items, five of one of them on the shelf."""
    program = plan_pb2.Program(program=tour.program, display_name="A tour")
    request = plan_pb2.PutProgramRequest(request_id="programme", program=program)
    tour.plan.PutProgram(request, timeout=SECONDS_MAX)
    items = [
        plan_pb2.Item(sku="TEE", title="Tour shirt"),
        plan_pb2.Item(sku="MUG", title="Tour mug"),
    ]
    request = tour.request(plan_pb2.PutItemsRequest, "items", items=items)
    answer = tour.plan.PutItems(request, timeout=SECONDS_MAX)
    expect("the items", [item.sku for item in answer.items], ["TEE", "MUG"])
    receipt = [inventory_pb2.ReceiptLine(sku="TEE", good=5)]
    request = tour.request(
        inventory_pb2.ReceiveRequest, "receive-1", receipt_id="truck-1", lines=receipt
    )
    answer = tour.inventory.Receive(request, timeout=SECONDS_MAX)
    expect("available", answer.results[0].available, 5)
    show("items TEE and MUG; 5 TEE received", f"available {answer.results[0].available}")


def reserve(tour):
    """A hold on three, and the same request again: the same bytes, and nothing more taken."""
    request = tour.request(
        inventory_pb2.ReserveRequest, "reserve-1", reservation_id="cart-1", lines=lines(TEE=3)
    )
    raw = tour.channel.unary_unary(
        "/backstock.v1.InventoryService/Reserve",
        request_serializer=inventory_pb2.ReserveRequest.SerializeToString,
        response_deserializer=bytes,
    )
    first = raw(request, timeout=SECONDS_MAX)
    reservation = inventory_pb2.ReserveResponse.FromString(first).reservation
    expect("cart-1", line_of(reservation, "TEE"), (3, 3, 0, 0, 0))
    expect("its state", reservation.state, inventory_pb2.RESERVATION_STATE_HELD)
    show("reserve cart-1: 3 TEE", shown_line(reservation.lines[0]))
    again = raw(request, timeout=SECONDS_MAX)
    expect("the answer to the same request", again, first)
    expect("available after it", tour.stock("TEE").available, 2)
    show("the same request again", f"the same {len(again)} bytes; available 2, as before")
    request.lines[0].quantity = 4
    _, info, _, _ = refused(tour.inventory.Reserve, request, "REQUEST_ID_REUSED")
    show("the same id with other content", f"{info.reason}")


def refusal(tour):
    """Too many: refused with the numbers, and refused alike when asked again."""
    request = tour.request(
        inventory_pb2.ReserveRequest, "reserve-2", reservation_id="cart-2", lines=lines(TEE=4)
    )
    code, info, details, raw = refused(tour.inventory.Reserve, request, "STOCK_INSUFFICIENT")
    expect("the code", code, grpc.StatusCode.FAILED_PRECONDITION)
    short = details.shortages[0]
    found = (short.sku, short.requested, short.available, short.short)
    expect("the shortage", found, ("TEE", 4, 2, 2))
    expect("why it cannot wait", short.reason, reason_pb2.REASON_BACKORDERS_CLOSED)
    show("reserve cart-2: 4 TEE", f"{code.name}, {info.reason}")
    show("  ErrorInfo.metadata", str(dict(sorted(info.metadata.items()))))
    show("  Refusal.message", details.message)
    show("  Refusal.shortages[0]", json_format.MessageToJson(short, indent=None))
    again = refused(tour.inventory.Reserve, request, "STOCK_INSUFFICIENT")[3]
    expect("the same refusal", again, raw)
    show("the same request again", f"the same refusal, all {len(raw)} bytes of it")


def backorder(tour):
    """A plan opens backorders, up to its cap."""
    today = datetime.datetime.now(datetime.timezone.utc)
    ship_by = (today + datetime.timedelta(days=60)).date().isoformat()
    plan = plan_pb2.Plan(sku="TEE", cap=10, ship_by=ship_by, note=f"Ships by {ship_by}.")
    plan.closes_at.FromDatetime((today + datetime.timedelta(days=30)).replace(tzinfo=None))
    request = tour.request(plan_pb2.OpenBackordersRequest, "plan-1", plan=plan)
    opened = tour.plan.OpenBackorders(request, timeout=SECONDS_MAX).plan
    expect("the plan", (opened.state, opened.effective_cap), (plan_pb2.PLAN_STATE_OPEN, 10))
    show("open backorders of TEE: cap 10", f"ships by {ship_by}")
    request = tour.request(
        inventory_pb2.BackorderRequest,
        "backorder-1",
        reservation_id="cart-2",
        lines=lines(TEE=6),
        accepted=[inventory_pb2.AcceptedPromise(sku="TEE", ship_by=ship_by)],
    )
    reservation = tour.inventory.Backorder(request, timeout=SECONDS_MAX).reservation
    expect("cart-2", line_of(reservation, "TEE"), (6, 2, 4, 0, 0))
    expect("the promise", reservation.lines[0].promise.ship_by, ship_by)
    show("backorder cart-2: 6 TEE", shown_line(reservation.lines[0]))
    request = tour.request(
        inventory_pb2.BackorderRequest, "backorder-2", reservation_id="cart-3", lines=lines(TEE=7)
    )
    _, _, details, _ = refused(tour.inventory.Backorder, request, "CAP_EXCEEDED")
    expect("the headroom", details.shortages[0].backorder_headroom, 6)
    show("backorder cart-3: 7 TEE", f"CAP_EXCEEDED: {details.message}")


def confirm(tour):
    """Holds become orders."""
    for cart in ["cart-1", "cart-2"]:
        request = tour.request(
            inventory_pb2.ConfirmRequest, f"confirm-{cart}", reservation_id=cart
        )
        reservation = tour.inventory.Confirm(request, timeout=SECONDS_MAX).reservation
        expect(cart, reservation.state, inventory_pb2.RESERVATION_STATE_CONFIRMED)
        expect(f"{cart} is ready", reservation.ready_to_ship, cart == "cart-1")
        show(f"confirm {cart}", "ready to ship" if reservation.ready_to_ship else "waits for stock")


def receive(tour):
    """Goods arrive, and the queue is filled."""
    receipt = [inventory_pb2.ReceiptLine(sku="TEE", good=5, damaged=1)]
    request = tour.request(
        inventory_pb2.ReceiveRequest, "receive-2", receipt_id="truck-2", lines=receipt
    )
    answer = tour.inventory.Receive(request, timeout=SECONDS_MAX)
    result = answer.results[0]
    expect("filled and available", (result.filled_units, result.available), (4, 1))
    filled = result.filled[0]
    expect("who was filled", (filled.reservation_id, filled.ready_to_ship), ("cart-2", True))
    show("5 good and 1 damaged TEE arrive", "4 fill cart-2, which may ship; 1 is available")
    again = tour.inventory.Receive(request, timeout=SECONDS_MAX)
    expect("the receipt again", again, answer)
    expect("on hand", tour.stock("TEE").on_hand, 10)
    show("the same receipt again", "the same answer; nothing is counted twice")


def ship(tour):
    """Orders leave; the books add up."""
    for cart, units in [("cart-1", 3), ("cart-2", 6)]:
        request = tour.request(
            inventory_pb2.ShipRequest, f"ship-{cart}", reservation_id=cart, tracking=f"1Z-{cart}"
        )
        reservation = tour.inventory.Ship(request, timeout=SECONDS_MAX).reservation
        expect(cart, line_of(reservation, "TEE"), (units, 0, 0, units, 0))
        expect(cart, reservation.state, inventory_pb2.RESERVATION_STATE_SHIPPED)
        show(f"ship {cart}", shown_line(reservation.lines[0]))
    stock = tour.stock("TEE")
    found = (stock.on_hand, stock.allocated, stock.backordered, stock.available)
    expect("on hand, allocated, backordered, available", found, (1, 0, 0, 1))
    show("availability of TEE", f"on hand 1, available 1, version {stock.item_version}")
    answer = tour.insight.Verify(
        insight_pb2.VerifyRequest(program=tour.program), timeout=SECONDS_MAX
    )
    expect("what differs", list(answer.discrepancies), [])
    expect("items", answer.items, 2)
    show("verify", f"{answer.movements} movements, {answer.lines} lines: all adds up")


def bad_input(tour):
    """Bad input is refused by field, whatever is wrong with it."""
    request = tour.request(
        inventory_pb2.ReserveRequest, "bad", reservation_id="no spaces", lines=lines(TEE=0)
    )
    try:
        tour.inventory.Reserve(request, timeout=SECONDS_MAX)
    except grpc.RpcError as error:
        expect("the code", error.code(), grpc.StatusCode.INVALID_ARGUMENT)
        bad = error_details_pb2.BadRequest()
        for detail in rpc_status.from_call(error).details:
            detail.Unpack(bad)
        fields = [violation.field for violation in bad.field_violations]
        expect("the fields", fields, ["reservation_id", "lines[0].quantity"])
        show("a reserve that cannot be read", f"INVALID_ARGUMENT: {', '.join(fields)}")
        return
    raise SystemExit("tour: bad input was taken")


def main():
    """The tour, from a health check to shipped parcels."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    with grpc.insecure_channel(sys.argv[1]) as channel:
        grpc.channel_ready_future(channel).result(timeout=SECONDS_MAX)
        tour = Tour(channel)
        checkout = [reserve, refusal, backorder, confirm]
        for stage in [serves, set_up, *checkout, receive, ship, bad_input]:
            stage(tour)
    print("tour: every answer was as it should be")


if __name__ == "__main__":
    main()
