"""The action plan: its tasks and safeguards, what is recorded of them, and what is measured."""

from __future__ import annotations

from layers.plan.board import EVIDENCE
from layers.plan.board import MILESTONES
from layers.plan.board import PLAN_LAYERS
from layers.plan.board import STATES
from layers.plan.board import Board
from layers.plan.board import BoardRow
from layers.plan.board import board
from layers.plan.board import is_second_person
from layers.plan.board import person_key
from layers.plan.board import told_apart
from layers.plan.changes import FIELDS
from layers.plan.changes import drop_milestone
from layers.plan.changes import link
from layers.plan.changes import put_milestone
from layers.plan.changes import set_fields
from layers.plan.changes import undo
from layers.plan.changes import unlink
from layers.plan.completion import attach
from layers.plan.completion import confirm
from layers.plan.completion import detach
from layers.plan.completion import send_back
from layers.plan.completion import submit
from layers.plan.definition import MEASURE_TYPES
from layers.plan.definition import PLAN_FILE
from layers.plan.definition import ObjectRule
from layers.plan.definition import Plan
from layers.plan.definition import Task
from layers.plan.definition import load_plan
from layers.plan.evidence import EVIDENCE_ENDINGS
from layers.plan.evidence import EVIDENCE_FOLDER
from layers.plan.evidence import MOST_BYTES
from layers.plan.evidence import EvidenceError
from layers.plan.evidence import EvidenceStore
from layers.plan.evidence import Stored
from layers.plan.evidence import clean_name
from layers.plan.measures import MEASURES
from layers.plan.measures import measured
from layers.plan.recording import Hand
from layers.plan.recording import PlanError
from layers.plan.results import Measured
from layers.plan.results import Results

__all__ = [
    "EVIDENCE",
    "EVIDENCE_ENDINGS",
    "EVIDENCE_FOLDER",
    "FIELDS",
    "MEASURES",
    "MEASURE_TYPES",
    "MILESTONES",
    "MOST_BYTES",
    "PLAN_FILE",
    "PLAN_LAYERS",
    "STATES",
    "Board",
    "BoardRow",
    "EvidenceError",
    "EvidenceStore",
    "Hand",
    "Measured",
    "ObjectRule",
    "Plan",
    "PlanError",
    "Results",
    "Stored",
    "Task",
    "attach",
    "board",
    "clean_name",
    "confirm",
    "detach",
    "drop_milestone",
    "is_second_person",
    "link",
    "load_plan",
    "measured",
    "person_key",
    "put_milestone",
    "send_back",
    "set_fields",
    "submit",
    "told_apart",
    "undo",
    "unlink",
]
