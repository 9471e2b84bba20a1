"""Words of forms: what the fields of acts are labelled, and what can be chosen in them."""

from types import MappingProxyType
from typing import Final

FIELDS: Final = MappingProxyType(
    {
        "add": "New lines",
        "address": "Address",
        "addresses": "Addresses",
        "alert": "Alert",
        "amount": "Amount",
        "billing_address": "Billing address",
        "blocking": "Nothing goes on before it is cleared",
        "carrier": "Carrier",
        "change": "Changed lines",
        "channel": "Channel",
        "city": "City",
        "comment": "Comment",
        "company": "Company",
        "confirm": "Confirm at once",
        "contact": "Contact",
        "country": "Country",
        "currency": "Currency",
        "customer": "Customer",
        "customer_name": "The name is right",
        "cut": "Price cuts",
        "delivery_note": "Note for the carrier",
        "discount": "Discount",
        "email": "E-mail address",
        "exchange_sku": "In exchange for (SKU)",
        "id": "Number",
        "intent": "What for",
        "kind": "Kind",
        "lines": "Lines",
        "link": "How they belong together",
        "locale": "Language",
        "method": "Way of sending",
        "model": "Model",
        "name": "Name",
        "number": "Order number",
        "of": "Whose records",
        "operation": "What the provider did",
        "order": "Order",
        "other_id": "Other order",
        "outcome": "What the customer wants",
        "payment_id": "Payment",
        "payment_method": "Way to pay",
        "percent": "Per cent",
        "personalisation": "Personalisation",
        "phone": "Phone number",
        "placed_at": "Placed at",
        "postcode": "Postcode",
        "prices": "Prices",
        "quantity": "Pieces",
        "reason": "Reason",
        "receipt_id": "Number of the receipt",
        "receipt_required": "Goods must come back first",
        "reference": "Reference",
        "refund_id": "Refund",
        "refund_shipping": "Give the shipping fee back, too",
        "region": "Region",
        "remove": "Lines to remove",
        "reset": "Cuts to take back",
        "send": "Send it at once",
        "shipment_id": "Shipment",
        "shipping": "Give the shipping fee back, too",
        "shipping_address": "Shipping address",
        "shipping_discount_pct": "Cut of the shipping fee, per cent",
        "shipping_fee": "Shipping fee",
        "signed": "The cheque is signed",
        "sku": "SKU",
        "splits": "Splits",
        "status": "Status",
        "store": "Store",
        "street": "Street",
        "street2": "Street, second line",
        "template": "E-mail",
        "tender": "How it is paid",
        "text": "Text",
        "title": "Title",
        "unit_price": "Price each",
        "user": "Agent",
        "validated": "Accept the goods at once",
        "variant": "Variant",
        "warehouse": "Warehouse",
    }
)
"""Labels by the member of the command; where one act means something else by it, `<command> <member>` comes first."""
OF_ACT: Final = MappingProxyType(
    {
        "payment.cheque.check amount": "The amount is right",
        "payment.cheque.check billing_address": "The address is right",
    }
)
CHOICES: Final = MappingProxyType(
    {
        "hold": "to hold it",
        "cancel": "to cancel",
        "modify": "to change the order",
        "billing": "billing address",
        "shipping": "shipping address",
        "shippable": "goods to send",
        "digital": "nothing to send",
        "goodwill": "goodwill",
        "items": "for articles",
        "regular": "regular order",
        "support": "support order",
        "order": "the order's",
        "wordlist": "a list of words'",
        "authorization": "reserved money",
        "capture": "took money",
        "refund": "money back",
        "void": "set money free",
        "exchange": "another article",
        "card": "card",
        "cheque": "cheque",
        "none": "nothing to pay",
        "active": "active",
        "anonymous": "anonymous",
        "blacklisted": "blacklisted",
        "disabled": "disabled",
        "cancellation": "cancellation",
        "recorded": "order received",
        "rma": "return announced",
        "shipped": "goods sent",
        "validated": "order confirmed",
        "original": "the way they paid",
        "alternate": "another way",
        "manual": "by hand",
    }
)
"""What can be chosen; where one member means something else by it, `<member> <choice>` comes first."""
OF_FIELD: Final = MappingProxyType(
    {
        "template refund": "money given back",
        "operation refund": "paid money back",
    }
)


def label_of(member: str, command: str = "") -> str:
    """Return the label of a field; of one that nobody has named yet, its own name."""
    own = OF_ACT.get(f"{command} {member}", FIELDS.get(member))
    return own if own is not None else member.replace("_", " ").capitalize()


def choice_of(member: str, choice: str) -> str:
    """Return what a choice is called; of one that nobody has named yet, its own name."""
    own = OF_FIELD.get(f"{member} {choice}", CHOICES.get(choice))
    return own if own is not None else choice.replace("_", " ")
