"""One found Asset with the names of who made it and for whom, and its schema."""

from __future__ import annotations

from dataclasses import dataclass

from core.schemas.search import ResultSchema
from storage import ids
from storage.search.document import model_names
from storage.search.hydrate import FoundAsset
from storage.tables import Asset, Origin


@dataclass(frozen=True)
class Result:
    """An Asset and its names."""

    asset: Asset
    by: str
    client: str
    project: str
    """Its slug: what people type."""
    project_name: str

    @classmethod
    def of(cls, row: FoundAsset) -> Result:
        return cls(row.asset, row.member.name, row.client.name, row.project.slug, row.project.name)

    @staticmethod
    def code_of(asset: Asset) -> str:
        """What people call it by: the render's id, or the asset's own where there is no render."""
        return asset.code if asset.render_id is None else ids.code("R", asset.render_id)

    @property
    def render(self) -> str | None:
        """The render's public id, or None for a file nobody rendered here."""
        return None if self.asset.render_id is None else self.code

    @property
    def code(self) -> str:
        return self.code_of(self.asset)

    @property
    def workflow(self) -> str:
        number = self.asset.workflow_number
        return f"{self.asset.workflow}@{number}" if self.asset.workflow and number else self.asset.workflow

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(model_names(self.asset))

    @property
    def loras(self) -> tuple[str, ...]:
        return tuple(model_names(self.asset, only="loras"))

    @property
    def unknown(self) -> bool:
        """Whether nobody knows who made it."""
        return self.asset.inferred.get("by") == "unknown"

    @property
    def believed(self) -> str:
        """Why its maker is believed to be who is named, or empty where somebody has said so."""
        why = self.asset.inferred.get("by", "")
        return {"path": "by its folder", "file": "by the file's own words", "owner": "by its owner"}.get(str(why), "")

    @property
    def verb(self) -> str:
        """How it came here."""
        words = {Origin.RENDER: "made", Origin.UPLOAD: "uploaded", Origin.INGEST: "made", Origin.EXPORT: "exported"}
        words[Origin.RETURNED] = "given back"
        return words[self.asset.origin]

    def schema(self) -> ResultSchema:
        return ResultSchema(
            asset=self.asset.code,
            render=self.render,
            by=self.by,
            client=self.client,
            project=self.project,
            shot=self.asset.shot,
            workflow=self.asset.workflow,
            version=self.asset.workflow_number,
            models=list(self.models),
            prompt=self.asset.prompt,
            seed=self.asset.seed,
            status=self.asset.status,
            created=self.asset.created_at,
            inferred=dict(self.asset.inferred),
        )
