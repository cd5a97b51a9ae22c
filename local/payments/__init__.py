"""A stand-in for Stripe on this machine: its API, its checkout page, its signed notices. No money moves.

forms    its form encoding, read and checked
shapes   its objects, as JSON
ledger   what happened: sessions, payments, refunds, events; no I/O, no clock
book     the ledger on disk, one change at a time, idempotency included
api      paths of the API over the book
notices  signed notices, sent until they are taken; weather on request
checkout the page on which one pays, declines, or walks away
server   all of it behind one port
"""
