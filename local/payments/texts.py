"""The checkout page's words. They are the provider's, not the office's: a catalogue of its own."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, dict[str, str]]] = {
    "de": {
        "language": "Deutsch",
        "trial": "Probezahlung",
        "trial_why": "– es fließt kein Geld. Geben Sie keine echten Kartendaten ein.",
        "pay_title": "{amount} bezahlen",
        "to": "Empfänger",
        "matter": "Anliegen",
        "sum": "Betrag",
        "how": "Wie möchten Sie bezahlen?",
        "with_paypal": "Mit PayPal bezahlen",
        "with_paypal_hint": "Sie geben die Zahlung auf der nächsten Seite frei.",
        "or": "oder mit Karte",
        "card": "Karte",
        "number": "Kartennummer",
        "expiry": "Gültig bis",
        "expiry_hint": "Monat/Jahr: 12/30",
        "cvc": "Prüfnummer",
        "cvc_hint": "CVC, 3–4 Ziffern",
        "pay": "{amount} bezahlen",
        "back": "Zurück, ohne zu bezahlen",
        "back_to": "Weiter zu {payee}",
        "cards": "Probekarten zum Einsetzen",
        "card_ok": "Zahlung gelingt",
        "card_ok-mastercard": "Zahlung gelingt",
        "card_declined": "Karte wird abgelehnt",
        "card_no-funds": "Karte ist nicht gedeckt",
        "use": "einsetzen",
        "kept": "Von der Karte bleiben nur die letzten vier Ziffern gespeichert.",
        "until": "Diese Seite gilt bis {time} Uhr.",
        "problem_title": "Bitte prüfen Sie Ihre Eingaben",
        "number_unknown": "Diese Nummer ist keine Probekarte. Setzen Sie unten eine ein.",
        "expiry_form": "Schreiben Sie Monat und Jahr, zum Beispiel 12/30.",
        "expiry_past": "Diese Karte ist abgelaufen.",
        "cvc_form": "Schreiben Sie die 3 oder 4 Ziffern.",
        "declined_title": "Die Zahlung wurde nicht angenommen",
        "declined_generic_decline": "Ihre Bank hat die Karte abgelehnt. Es wurde nichts abgebucht. "
        "Versuchen Sie es mit einer anderen Karte oder mit PayPal.",
        "declined_insufficient_funds": "Die Karte ist nicht gedeckt. Es wurde nichts abgebucht. "
        "Versuchen Sie es mit einer anderen Karte oder mit PayPal.",
        "declined_paypal": "Sie haben PayPal abgebrochen. Es wurde nichts bezahlt. "
        "Sie können es noch einmal versuchen oder mit Karte bezahlen.",
        "paypal_title": "Zahlung freigeben",
        "paypal_intro": "Hier würden Sie sich bei PayPal anmelden. In der Probe genügt ein Klick.",
        "approve": "{amount} freigeben",
        "refuse": "PayPal abbrechen",
        "done_title": "Diese Zahlung ist abgeschlossen",
        "done_text": "Sie müssen nichts weiter tun. Noch einmal bezahlen geht hier nicht.",
        "expired_title": "Diese Bezahlseite ist abgelaufen",
        "expired_text": "Es wurde nichts bezahlt. Öffnen Sie die Bezahlung beim Amt noch einmal.",
        "missing_title": "Diese Bezahlseite gibt es nicht",
        "missing_text": "Prüfen Sie den Link, oder öffnen Sie die Bezahlung beim Amt noch einmal.",
    },
    "en": {
        "language": "English",
        "trial": "Trial payment",
        "trial_why": "– no money moves. Do not enter real card details.",
        "pay_title": "Pay {amount}",
        "to": "To",
        "matter": "Matter",
        "sum": "Amount",
        "how": "How would you like to pay?",
        "with_paypal": "Pay with PayPal",
        "with_paypal_hint": "You approve the payment on the next page.",
        "or": "or by card",
        "card": "Card",
        "number": "Card number",
        "expiry": "Valid until",
        "expiry_hint": "Month/year: 12/30",
        "cvc": "Security code",
        "cvc_hint": "CVC, 3–4 digits",
        "pay": "Pay {amount}",
        "back": "Back without paying",
        "back_to": "Continue to {payee}",
        "cards": "Trial cards to fill in",
        "card_ok": "Payment succeeds",
        "card_ok-mastercard": "Payment succeeds",
        "card_declined": "Card is declined",
        "card_no-funds": "Not enough money",
        "use": "fill in",
        "kept": "Of the card, only the last four digits are kept.",
        "until": "This page is valid until {time}.",
        "problem_title": "Please check what you entered",
        "number_unknown": "This number is not a trial card. Fill in one of those below.",
        "expiry_form": "Write month and year, for example 12/30.",
        "expiry_past": "This card has expired.",
        "cvc_form": "Write the 3 or 4 digits.",
        "declined_title": "The payment was not accepted",
        "declined_generic_decline": "Your bank declined the card. Nothing was charged. Try another card, or PayPal.",
        "declined_insufficient_funds": "There is not enough money on this card. Nothing was charged. "
        "Try another card, or PayPal.",
        "declined_paypal": "You cancelled PayPal. Nothing was paid. You can try again, or pay by card.",
        "paypal_title": "Approve the payment",
        "paypal_intro": "Here you would sign in to PayPal. In the trial, one click is enough.",
        "approve": "Approve {amount}",
        "refuse": "Cancel PayPal",
        "done_title": "This payment is complete",
        "done_text": "There is nothing more to do. You cannot pay a second time here.",
        "expired_title": "This payment page has expired",
        "expired_text": "Nothing was paid. Open the payment at the office once more.",
        "missing_title": "There is no such payment page",
        "missing_text": "Check the link, or open the payment at the office once more.",
    },
}


def amount_in_words(minor_units: int, currency: str, language: str) -> str:
    """Write an amount as its readers do: `5,50 €`, `€5.50`; other currencies with their code."""
    whole, cents = divmod(minor_units, 100)
    if language == "de":
        number = f"{whole:,}".replace(",", ".") + f",{cents:02d}"
        return f"{number}\N{NO-BREAK SPACE}{'€' if currency == 'eur' else currency.upper()}"
    number = f"{whole:,}.{cents:02d}"
    return f"€{number}" if currency == "eur" else f"{currency.upper()}\N{NO-BREAK SPACE}{number}"
