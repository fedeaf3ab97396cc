"""The nouns as SQLModel tables; the vocabulary is docs/glossary.md.

Times are aware UTC. Seeds go up to 2**64 - 1, more than a database integer holds, so they are kept as decimal strings.
Lists and maps are JSON columns; what is searched by has a column of its own.
"""

from storage.tables.assets import Asset, FilmFrame, FilmFrameBand, Fingerprint, FingerprintBand, Keypoint, Tag, Verdict
from storage.tables.backends import Backend, Flow, LeftRun, Pool
from storage.tables.chat import Asking, AuditEvent, AuditHead, Draft, Incoming, LinkCode, Post, Workspace
from storage.tables.columns import Instant, Json
from storage.tables.deliveries import Delivery, DeliveryAttempt, DeliveryState, Destination, OutgoingEvent, Via
from storage.tables.enums import BackendState, FoundState, Judgement, Origin, RenderState, Role
from storage.tables.exports import ComplianceNote, Export, ExportProfile, SharedLink, WaitingUpload
from storage.tables.intakes import AssetSource, AssetWords, FoundFile, Intake
from storage.tables.keys import ApiKey
from storage.tables.models import ModelPlace
from storage.tables.people import Channel, Client, Handle, Member, Membership, Project
from storage.tables.renders import Render, RenderEvent, RenderInput, Timing
from storage.tables.room import RoomMessage, RoomReaction, RoomRead
from storage.tables.sessions import SignInTicket, WebSession
from storage.tables.workflows import ModelFile, Workflow, WorkflowVersion

__all__ = [
    "ApiKey",
    "Asking",
    "Asset",
    "AssetSource",
    "AssetWords",
    "AuditEvent",
    "AuditHead",
    "Backend",
    "BackendState",
    "Channel",
    "Client",
    "ComplianceNote",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryState",
    "Destination",
    "Draft",
    "Export",
    "ExportProfile",
    "FilmFrame",
    "FilmFrameBand",
    "Fingerprint",
    "FingerprintBand",
    "Flow",
    "FoundFile",
    "FoundState",
    "Handle",
    "Incoming",
    "Instant",
    "Intake",
    "Json",
    "Judgement",
    "Keypoint",
    "LeftRun",
    "LinkCode",
    "Member",
    "Membership",
    "ModelFile",
    "ModelPlace",
    "Origin",
    "OutgoingEvent",
    "Pool",
    "Post",
    "Project",
    "Render",
    "RenderEvent",
    "RenderInput",
    "RenderState",
    "Role",
    "RoomMessage",
    "RoomReaction",
    "RoomRead",
    "SharedLink",
    "SignInTicket",
    "Tag",
    "Timing",
    "Verdict",
    "Via",
    "WaitingUpload",
    "WebSession",
    "Workflow",
    "WorkflowVersion",
    "Workspace",
]
